import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Attribute, Change } from 'ldapts';
import { DomainController, whyNoDomainController } from '../../lab/domain-controller.ts';
import { directoryAddress } from '../../src/servers/directory-address.ts';
import { DirectoryClient } from '../../src/servers/directory-client.ts';
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

/** Sets an attribute of a user, as the domain’s administrator. */
async function set(user: string, type: string, value: string | Buffer): Promise<void> {
  await using directory = await DirectoryClient.open({ address: address(), account: controller.admin });
  const modification = new Attribute({ type, values: [value] as string[] | Buffer[] });
  await directory.ask(`setting ${type}`, 0, (ldap) =>
    ldap.modify(`CN=${user},CN=Users,DC=lazaret,DC=test`, new Change({ operation: 'replace', modification })),
  );
}

function address() {
  const found = directoryAddress(controller.ldaps);
  assert.ok(found);
  return found;
}

/** What an administrator does to an account, or its owner, and what its computer is told then. */
const CASES: [name: string, change: (user: string, attempt: Attempt) => Promise<void>, said: RegExp][] = [
  ['wrong', async () => undefined, /the password is wrong/],
  ['disabled', async (user) => controller.tool('user', 'disable', user), /the account is disabled/],
  ['expired', (user) => set(user, 'accountExpires', '1'), /the account has expired/],
  ['mustchange', (user) => set(user, 'pwdLastSet', '0'), /the password must be changed before the first logon/],
  ['hours', (user) => set(user, 'logonHours', Buffer.alloc(21)), /may not log on at this time of day/],
  ['workstation', (user) => set(user, 'userWorkstations', 'ELSEWHERE'), /may not log on from this computer/],
  [
    'locked',
    async (_user, attempt) => {
      controller.tool('domain', 'passwordsettings', 'set', `--account-lockout-threshold=${LOCKED_AFTER}`);
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
      controller.tool('user', 'create', name, PASSWORD);
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
