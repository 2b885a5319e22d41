import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DomainController, whyNoDomainController } from '../../lab/domain-controller.ts';
import { addUser, disable, lockAfter, set } from '../../lab/domain-objects.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { policyComputer } from '../fakes/policy-computer.ts';

const skip = hasProgram('qemu-img') ? whyNoDomainController() : 'qemu-img is not installed';
const PASSWORD = 'Passw0rd.Us3r';
const LOCKED_AFTER = 3;
let controller: DomainController;

before(async () => {
  if (skip === false) controller = await DomainController.start();
});
after(() => controller?.[Symbol.asyncDispose]());

/** What an administrator does to an account, or its owner, and what its computer is told then. */
const CASES: [name: string, change: (user: string, attempt: Attempt) => Promise<void>, said: RegExp][] = [
  ['wrong', async () => undefined, /the password is wrong/],
  ['disabled', (user) => disable(controller, user), /the account is disabled/],
  ['expired', (user) => set(controller, user, 'accountExpires', '1'), /the account has expired/],
  [
    'mustchange',
    (user) => set(controller, user, 'pwdLastSet', '0'),
    /the password must be changed before the first logon/,
  ],
  ['hours', (user) => set(controller, user, 'logonHours', Buffer.alloc(21)), /may not log on at this time of day/],
  [
    'workstation',
    (user) => set(controller, user, 'userWorkstations', 'ELSEWHERE'),
    /may not log on from this computer/,
  ],
  [
    'locked',
    async (_user, attempt) => {
      await lockAfter(controller, LOCKED_AFTER);
      for (let guess = 0; guess < LOCKED_AFTER; guess += 1) await assert.rejects(attempt(`guess ${guess}`));
    },
    /the account is locked/,
  ],
];
type Attempt = (password: string) => Promise<unknown>;

test('Active Directory refuses an account, and the look-up says why', { skip }, async (t) => {
  const computer = await policyComputer(t);
  const policies = computer.open();
  for (const [name, change, said] of CASES)
    await t.test(name, async () => {
      const attempt: Attempt = (password) => {
        computer.setAccount({ user: `${name}@lazaret.test`, password }, controller.caFile);
        return policies.lookUp(computer.owner(controller.ldaps), Date.now());
      };
      await addUser(controller, name, PASSWORD);
      // It gets in: there is only nothing of ours.
      await assert.rejects(attempt(PASSWORD), { code: 'STORE_DENIED' });

      await change(name, attempt);

      await assert.rejects(attempt(name === 'wrong' ? 'guess' : PASSWORD), (error: Error) => {
        assert.equal((error as Error & { code?: string }).code, 'STORE_LOGIN');
        assert.match(error.message, said);
        assert.ok(!error.message.includes(PASSWORD), 'no message shows a password');
        return true;
      });
    });
});
