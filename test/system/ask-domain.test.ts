import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DomainController, whyNoDomainController } from '../../lab/domain-controller.ts';
import { addGroup, addMember, addUser, at, disable, groupOf, lockAfter, set } from '../../lab/domain-objects.ts';
import { isListed } from '../../src/policy/parts/account.ts';
import { askDomain } from '../../src/servers/directory/ask-domain.ts';

const skip = whyNoDomainController();
const PASSWORD = 'Passw0rd.Us3r';
const LOCKED_AFTER = 3;
let controller: DomainController;

before(async () => {
  if (skip === false) controller = await DomainController.start();
});
after(() => controller?.[Symbol.asyncDispose]());

const signInAs = (user: string, { password = PASSWORD, groups = [] as string[], startTls = false } = {}) =>
  askDomain(controller.domain(startTls), { user, password, groups });

test('who signs in is told with the groups that are asked for, those that are in others too', { skip }, async () => {
  await addUser(controller, 'nina', PASSWORD);
  await addGroup(controller, 'team', ['nina']);
  await addGroup(controller, 'house', ['team']);
  // In a circle.
  await addMember(controller, 'team', 'house');
  await addGroup(controller, 'mail', ['nina'], '2');
  await addGroup(controller, 'others (all)');
  const groups = ['team', 'HOUSE@lazaret.test', 'domain users', 'mail', 'others (all)', '*', 'team@other.test', 'nina'];

  const nina = await signInAs('nina', { groups });

  assert.deepEqual(nina.names.slice(0, 2), ['nina@lazaret.test', 'nina']);
  assert.deepEqual([...nina.groupNames].sort(), ['HOUSE@lazaret.test', 'domain users', 'team']);
  assert.match(nina.sid, /^S-1-5-21-\d+-\d+-\d+-\d+$/);
  assert.ok(nina.groups.includes(nina.sid.replace(/\d+$/, '513')), 'Domain Users, by its identifier');
  for (const user of ['nina@lazaret.test', 'LAZARET\\nina', 'NINA', ' nina '])
    assert.equal((await signInAs(user)).sid, nina.sid, `he wrote ${user}`);
  assert.equal((await signInAs('nina', { startTls: true })).sid, nina.sid, 'by StartTLS');
  const list = (users: string[], groups: string[] = []) => isListed({ users, groups }, nina);
  assert.ok(list(['Nina']) && list([nina.sid]) && list([], ['team']) && !list(['team']) && !list([], ['others (all)']));
});

test('nobody signs in without a name, or without a password', { skip }, async () => {
  for (const [user, password] of [
    ['', ''],
    ['nina', ''],
    [' ', PASSWORD],
  ] as const)
    await assert.rejects(signInAs(user, { password }), { code: 'ACCOUNT_NEEDED' });
});

test('a name that is written as a filter is a name', { skip }, async () => {
  for (const user of ['*', 'nina*', '*)(objectClass=*', 'nina)(|(cn=*'])
    await assert.rejects(signInAs(user), { code: 'PASSWORD_WRONG' });
});

/** What an administrator does to an account, or its owner, and what signing in says then. */
const REFUSED: [code: string, name: string, done: (name: string) => Promise<unknown>][] = [
  ['PASSWORD_WRONG', 'wrong', async () => undefined],
  ['ACCOUNT_DISABLED', 'disabled', (name) => disable(controller, name)],
  ['ACCOUNT_EXPIRED', 'expired', (name) => set(controller, name, 'accountExpires', '1')],
  ['ACCOUNT_PASSWORD', 'mustchange', (name) => set(controller, name, 'pwdLastSet', '0')],
  ['ACCOUNT_NOT_NOW', 'hours', (name) => set(controller, name, 'logonHours', Buffer.alloc(21))],
  ['ACCOUNT_NOT_NOW', 'workstation', (name) => set(controller, name, 'userWorkstations', 'ELSEWHERE')],
  [
    'ACCOUNT_LOCKED',
    'locked',
    async (name) => {
      await lockAfter(controller, LOCKED_AFTER);
      for (let guess = 0; guess < LOCKED_AFTER; guess += 1)
        await assert.rejects(signInAs(name, { password: `guess ${guess}` }));
    },
  ],
];

for (const [code, name, done] of REFUSED)
  test(`an account that is ${name} does not sign in: ${code}`, { skip }, async () => {
    await addUser(controller, name, PASSWORD);
    await signInAs(name);

    await done(name);

    await assert.rejects(signInAs(name, { password: name === 'wrong' ? 'guess' : PASSWORD }), (error: Error) => {
      assert.equal((error as Error & { code?: string }).code, code);
      assert.ok(!error.message.includes(PASSWORD), 'no message shows a password');
      return true;
    });
  });

test('a user of 300 groups is told with all of them, and one of a group of 5000 with that', { skip }, async (t) => {
  await addUser(controller, 'omar', PASSWORD);
  const numbered = (letter: string, length: number) => Array.from({ length }, (_none, number) => `${letter}${number}`);
  const others = numbered('m', 4999);
  controller.add([
    ...others.map((name) => ({ dn: at(name), objectClass: 'contact' })),
    ...numbered('g', 300).map((name) => groupOf(name, ['omar'])),
    groupOf('many', [...others, 'omar']),
  ]);
  const groups = [...numbered('g', 300), 'many', 'none'];

  const began = performance.now();
  const omar = await signInAs('omar', { groups });
  t.diagnostic(`${Math.round(performance.now() - began)} ms`);

  assert.deepEqual([...omar.groupNames].sort(), groups.slice(0, -1).sort());
});
