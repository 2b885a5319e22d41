import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DomainController, whyNoDomainController } from '../../lab/domain-controller.ts';
import { addGroup, addUser } from '../../lab/domain-objects.ts';
import { isListed } from '../../src/policy/parts/account.ts';
import { askComputer } from '../../src/servers/directory/ask-computer.ts';
import { askDomain } from '../../src/servers/directory/ask-domain.ts';
import { isLocalUser } from '../../src/sys/programs/users.ts';

const skip = whyNoDomainController();
const PASSWORD = 'Passw0rd.Us3r';
let controller: DomainController;

before(async () => {
  if (skip === false) controller = await DomainController.start({ isJoined: true });
});
after(() => controller?.[Symbol.asyncDispose]());

const ask = (uid: number, groups: string[] = []) => askComputer(controller.domain(), { uid, groups });

test('a user of a computer in the domain is known by his number, with his groups, those that are in others too', {
  skip,
}, async (t) => {
  await addUser(controller, 'nina', PASSWORD);
  await addGroup(controller, 'team', ['nina']);
  await addGroup(controller, 'house', ['team']);
  await addGroup(controller, 'others');
  const { uid, sid } = controller.signedIn('nina', PASSWORD);
  const groups = ['team', 'HOUSE@lazaret.test', 'others', 'team@other.test', 'domain users', 'nina', 'users'];

  const began = performance.now();
  const nina = await ask(uid, groups);
  t.diagnostic(`${Math.round(performance.now() - began)} ms`);

  assert.equal(nina?.sid, sid);
  assert.deepEqual(nina?.account?.names, ['nina@lazaret.test', 'nina']);
  assert.deepEqual([...(nina?.account?.groupNames ?? [])].sort(), ['HOUSE@lazaret.test', 'domain users', 'team']);
  const asked = await askDomain(controller.domain(), { user: 'nina', password: PASSWORD, groups: [] });
  const ofDomain = (groups: readonly string[] = []) => groups.filter((each) => each.startsWith('S-1-5-21-')).sort();
  assert.equal(ofDomain(asked.groups).length, 3);
  assert.deepEqual(ofDomain(nina?.account?.groups), ofDomain(asked.groups), 'as the domain itself says');
  const account = nina?.account ?? assert.fail();
  assert.ok(
    isListed({ users: [sid], groups: [] }, account) && isListed({ users: [], groups: ['house@lazaret.test'] }, account),
  );
});

test('root, a local account, one that nobody has, and a number that a local account may take on are nobody of the domain', {
  skip,
}, async () => {
  for (const uid of [0, 1, 65_534, 2_000_000_000]) assert.equal(await ask(uid), undefined, `${uid}`);
  assert.ok(await isLocalUser(1));
  assert.ok(!(await isLocalUser(2_000_000_000)));
});

test('a user of the domain of this computer is nobody of another one, whatever its name', { skip }, async () => {
  const { uid } = controller.signedIn('alice', controller.alice.password);
  assert.ok((await ask(uid))?.account);
  for (const name of ['DC=other,DC=test', 'DC=LAZARET', 'DC=lazaret', 'DC=test', 'DC=--help'])
    assert.equal(await askComputer({ address: `ldaps://127.0.0.1/${name}` }, { uid, groups: [] }), undefined, name);
});
