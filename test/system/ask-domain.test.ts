import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Attribute, Change } from 'ldapts';
import { DomainController, whyNoDomainController } from '../../lab/domain-controller.ts';
import { isListed } from '../../src/policy/account.ts';
import { askDomain } from '../../src/servers/ask-domain.ts';
import { directoryAddress } from '../../src/servers/directory-address.ts';
import { DirectoryClient } from '../../src/servers/directory-client.ts';

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

/** Does something as the domain’s administrator. */
async function asAdmin(work: Parameters<DirectoryClient['ask']>[2]): Promise<void> {
  const address = directoryAddress(controller.ldaps) ?? assert.fail('no address');
  await using directory = await DirectoryClient.open({ address, account: controller.admin });
  await directory.ask('changing the domain', 1 << 20, work);
}

const at = (name: string) => `CN=${name},CN=Users,DC=lazaret,DC=test`;
const change = (name: string, operation: 'add' | 'replace', type: string, values: string[] | Buffer[]) =>
  asAdmin((ldap) => ldap.modify(at(name), new Change({ operation, modification: new Attribute({ type, values }) })));
const group = (name: string, member: string[] = [], groupType = '-2147483646') =>
  asAdmin((ldap) =>
    ldap.add(at(name), {
      ...{ objectClass: 'group', sAMAccountName: name, groupType },
      ...(member.length > 0 ? { member } : {}),
    }),
  );

test('who signs in is told with the groups that are asked for, those that are in others too', { skip }, async () => {
  controller.tool('user', 'create', 'nina', PASSWORD);
  await group('team', [at('nina')]);
  await group('house', [at('team')]);
  // In a circle.
  await change('team', 'add', 'member', [at('house')]);
  await group('mail', [at('nina')], '2');
  await group('others (all)');
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
  ['ACCOUNT_DISABLED', 'disabled', async (name) => controller.tool('user', 'disable', name)],
  ['ACCOUNT_EXPIRED', 'expired', (name) => change(name, 'replace', 'accountExpires', ['1'])],
  ['ACCOUNT_PASSWORD', 'mustchange', (name) => change(name, 'replace', 'pwdLastSet', ['0'])],
  ['ACCOUNT_NOT_NOW', 'hours', (name) => change(name, 'replace', 'logonHours', [Buffer.alloc(21)])],
  ['ACCOUNT_NOT_NOW', 'workstation', (name) => change(name, 'replace', 'userWorkstations', ['ELSEWHERE'])],
  [
    'ACCOUNT_LOCKED',
    'locked',
    async (name) => {
      controller.tool('domain', 'passwordsettings', 'set', `--account-lockout-threshold=${LOCKED_AFTER}`);
      for (let guess = 0; guess < LOCKED_AFTER; guess += 1)
        await assert.rejects(signInAs(name, { password: `guess ${guess}` }));
    },
  ],
];

for (const [code, name, done] of REFUSED)
  test(`an account that is ${name} does not sign in: ${code}`, { skip }, async () => {
    controller.tool('user', 'create', name, PASSWORD);
    await signInAs(name);

    await done(name);

    await assert.rejects(signInAs(name, { password: name === 'wrong' ? 'guess' : PASSWORD }), (error: Error) => {
      assert.equal((error as Error & { code?: string }).code, code);
      assert.ok(!error.message.includes(PASSWORD), 'no message shows a password');
      return true;
    });
  });

test('a user of 300 groups is told with all of them, and one of a group of 5000 with that', { skip }, async (t) => {
  controller.tool('user', 'create', 'omar', PASSWORD);
  for (let number = 0; number < 300; number += 1) await group(`g${number}`, [at('omar')]);
  const others = Array.from({ length: 4999 }, (_none, number) => `m${number}`);
  await asAdmin(async (ldap) => {
    for (const name of others) await ldap.add(at(name), { objectClass: 'contact' });
  });
  await group('many', [...others, 'omar'].map(at));
  const groups = [...Array.from({ length: 300 }, (_none, number) => `g${number}`), 'many', 'none'];

  const began = performance.now();
  const omar = await signInAs('omar', { groups });
  t.diagnostic(`${Math.round(performance.now() - began)} ms`);

  assert.deepEqual([...omar.groupNames].sort(), groups.slice(0, -1).sort());
});
