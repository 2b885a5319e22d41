import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { accountForDevice } from '../../src/install/opening/device-account.ts';
import { instancePaths } from '../../src/install/state/layout.ts';
import type { Asker } from '../../src/install/state/machine/owner.ts';
import { readPolicy } from '../../src/install/state/policies.ts';
import type { ErrorCode } from '../../src/lib/errors.ts';
import type { Authentication, UsersAndGroups } from '../../src/policy/authentication.ts';
import { PolicyDocument } from '../../src/policy/schema.ts';
import { EventLog } from '../../src/run/computer/events.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { FakeDomain } from '../fakes/domain.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';
import { by, openingOf } from '../fakes/opening.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const NOW = Date.parse('2026-01-10T12:00:00Z');
const DAY_MS = 86_400_000;
const DOMAIN = { address: 'ldaps://dc.acme.example/DC=acme,DC=example' };
const list = (more: Partial<UsersAndGroups>): UsersAndGroups => ({
  ...{ type: 'users-and-groups', users: [], groups: [] },
  ...more,
});
const TWO = list({ users: ['alice'], groups: ['staff'] });

/** A computer with a machine that accounts of a domain open: `alice` and `sam`, who is in `staff`; `eve` is on no list. */
async function installed(t: TestContext, authentication: Authentication = TWO) {
  const project = await madeProject(t);
  await project.setProject({ domain: DOMAIN });
  await project.setPolicy({ authentication });
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  const domain = new FakeDomain();
  domain.users.set('alice', { password: 'a1', groups: [] });
  domain.users.set('sam', { password: 's1', groups: ['staff'] });
  domain.users.set('eve', { password: 'e1', groups: ['others'] });
  const packaged = async () => ({ document: (await readPolicy(state, 'office')).document, lookedUpAt: undefined });
  const events = new EventLog(`${state}/events.jsonl`);
  const clock = { now: NOW };
  /** As a service of its own would do it. */
  const open = (user?: string, password?: string, asker?: Asker) =>
    openingOf(state, clock.now, domain).authenticate(
      'office',
      by({ ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) }, asker),
    );
  /** By a socket of his own, with nothing given. */
  const openAs = (asker: Asker) => open(undefined, undefined, asker);
  /** The policy server has another list. */
  const deploy = async (change: Authentication, lookedUpAt = domain.now) => {
    const { document } = await packaged();
    const policy = { ...document.policy, authentication: change };
    domain.policy = { document: PolicyDocument.parse({ ...document, serial: 9, policy }), lookedUpAt };
  };
  const { accounts: path, password } = instancePaths(state, 'office');
  return { project, install, state, domain, clock, open, openAs, deploy, events, path, password };
}

test('ACCOUNT_NEEDED, ACCOUNT_UNLISTED: who is on the list opens the machine by his name and password, or one of his groups', {
  skip,
}, async (t) => {
  const { open, events, domain, deploy } = await installed(t);

  for (const given of [[], ['alice'], [' ', 'a1'], ['alice', '']] as const)
    await assert.rejects(open(...given), code('ACCOUNT_NEEDED'));
  assert.deepEqual(domain.asked, [], 'an empty name or password is no login at all, and is not tried');
  await open('alice', 'a1');
  await open('ALICE@acme.example', 'a1\n');
  await open('sam', 's1');
  await assert.rejects(open('eve', 'e1'), (error: Error) => {
    assert.deepEqual((error as Error & { code?: string }).code, 'ACCOUNT_UNLISTED');
    assert.match(error.message, /^eve@acme\.example is not on the list/);
    return true;
  });
  // What its remedy says: she, or a group of hers, is put on the list.
  await deploy(list({ groups: ['others'] }));
  await open('eve', 'e1');

  const told = (await events.last(100)).map(({ kind, text }) => `${kind}: ${text}`);
  assert.ok(told.includes('opened: sam@acme.example opens it'));
  assert.ok(told.includes('password: an account that is not on its list was not let in'));
});

test('fact 27: a user who is taken off the list is refused at the next opening, without a package', {
  skip,
}, async (t) => {
  const { open, deploy } = await installed(t);
  await open('sam', 's1');

  await deploy(list({ users: ['alice'] }));

  await assert.rejects(open('sam', 's1'), code('ACCOUNT_UNLISTED'));
  await open('alice', 'a1');
});

test('fact 27: the list comes from the policy server, another type of authentication with the machine alone', {
  skip,
}, async (t) => {
  const { open, deploy } = await installed(t);

  for (const type of ['none', 'password'] as const) {
    await deploy(type === 'none' ? { type } : { type, contents: [] });
    await assert.rejects(open(), code('ACCOUNT_NEEDED'));
    await open('sam', 's1');
  }
});

const REFUSED: ErrorCode[] = [
  ...(['ACCOUNT_DISABLED', 'ACCOUNT_EXPIRED', 'ACCOUNT_LOCKED', 'ACCOUNT_PASSWORD', 'ACCOUNT_NOT_NOW'] as const),
  ...(['DOMAIN_UNREACHABLE', 'DOMAIN_UNSAFE', 'DOMAIN_INVALID'] as const),
];
for (const failure of REFUSED)
  test(`${failure}: nobody is let in, and once its remedy has been followed he is`, { skip }, async (t) => {
    const { open, domain } = await installed(t);
    domain.failure = failure;
    await assert.rejects(open('alice', 'a1'), code(failure));

    domain.failure = undefined;

    await open('alice', 'a1');
  });

test('offline: for as long as the policy says, by what the domain said last; neither a clock nor an old file lengthens it', {
  skip,
}, async (t) => {
  const { open, domain, clock, events, path } = await installed(t, list({ groups: ['staff'], offline: '14d' }));
  domain.failure = 'DOMAIN_UNREACHABLE';
  await assert.rejects(open('sam', 's1'), code('DOMAIN_UNREACHABLE'), 'of whom nothing is known yet');
  domain.failure = undefined;
  await open('sam', 's1');
  const old = readFileSync(path);
  assert.equal(statSync(path).mode & 0o077, 0);

  domain.failure = 'DOMAIN_UNREACHABLE';
  domain.now += 14 * DAY_MS;
  await open('SAM@acme.example', 's1');
  await assert.rejects(open('sam', 'guess'), code('PASSWORD_WRONG'));
  await assert.rejects(open('alice', 'a1'), code('DOMAIN_UNREACHABLE'), 'she was never here');
  const [last] = (await events.last(100)).filter(({ kind }) => kind === 'opened').reverse();
  assert.match(last?.text ?? '', /^sam@acme\.example opens it, as its domain said on 2026-01-10/);

  domain.now += 1;
  await assert.rejects(open('sam', 's1'), /the policy allows 14d without/);
  clock.now -= 400 * DAY_MS;
  writeFileSync(path, old);
  await assert.rejects(open('sam', 's1'), code('DOMAIN_UNREACHABLE'));
  domain.failure = undefined;
  await open('sam', 's1');
});

test('offline: a list without it lets nobody in; what was known is gone', { skip }, async (t) => {
  const { open, domain, deploy } = await installed(t, list({ groups: ['staff'], offline: '14d' }));
  await open('sam', 's1');
  domain.failure = 'DOMAIN_UNREACHABLE';
  await open('sam', 's1');

  await deploy(list({ groups: ['staff'] }));
  await assert.rejects(open('sam', 's1'), /lets nobody in without it/);
  domain.failure = undefined;
  await open('sam', 's1');
  await deploy(list({ groups: ['staff'], offline: '14d' }));
  domain.failure = 'DOMAIN_UNREACHABLE';

  await assert.rejects(open('sam', 's1'), /nothing is known here/);
});

test('offline: the newest list counts, and what the domain refused since', { skip }, async (t) => {
  const { open, domain, deploy } = await installed(t, list({ groups: ['staff'], offline: '14d' }));
  const offline = async (user: string, password: string) => {
    domain.failure = 'DOMAIN_UNREACHABLE';
    await open(user, password).finally(() => {
      domain.failure = undefined;
    });
  };
  await open('sam', 's1');
  await deploy(list({ groups: ['staff'], offline: '14d', users: ['alice'] }));
  await offline('sam', 's1');
  await deploy(list({ users: ['alice'], offline: '14d' }));
  await assert.rejects(offline('sam', 's1'), code('ACCOUNT_UNLISTED'));
  await deploy(list({ groups: ['staff'], offline: '14d' }));
  await assert.rejects(offline('sam', 's1'), code('DOMAIN_UNREACHABLE'), 'he is forgotten');

  await open('sam', 's1');
  const sam = domain.users.get('sam') ?? assert.fail();
  await assert.rejects(open('sam', 'typo'), code('PASSWORD_WRONG'));
  await offline('sam', 's1');
  sam.password = 's2';
  await assert.rejects(open('sam', 's1'), code('PASSWORD_WRONG'));
  await assert.rejects(offline('sam', 's1'), code('DOMAIN_UNREACHABLE'), 'his password is another one now');
  await open('sam', 's2');
  sam.failure = 'ACCOUNT_DISABLED';
  await assert.rejects(open('sam', 's2'), code('ACCOUNT_DISABLED'));
  await assert.rejects(offline('sam', 's2'), code('DOMAIN_UNREACHABLE'));
});

test('a domain without a certificate that is to be trusted, or that lies, is a refusal offline too', {
  skip,
}, async (t) => {
  const { open, domain } = await installed(t, list({ groups: ['staff'], offline: '14d' }));
  await open('sam', 's1');
  for (const failure of ['DOMAIN_UNSAFE', 'DOMAIN_INVALID'] as const) {
    domain.failure = failure;
    await assert.rejects(open('sam', 's1'), code(failure));
  }
});

test('a policy server that does not answer keeps nobody on the list for longer than the policy allows offline', {
  skip,
}, async (t) => {
  const { open, domain, deploy } = await installed(t);
  domain.policyFailure = 'STORE_UNREACHABLE';
  await assert.rejects(open('alice', 'a1'), code('STORE_UNREACHABLE'), 'never looked up');
  await deploy(list({ users: ['alice'] }));
  await open('alice', 'a1');
  domain.now += 1;
  await assert.rejects(open('alice', 'a1'), code('STORE_UNREACHABLE'));

  await deploy(list({ users: ['alice'], offline: '14d' }));
  domain.now += 14 * DAY_MS;
  await open('alice', 'a1');
  domain.now += 1;
  await assert.rejects(open('alice', 'a1'), code('STORE_UNREACHABLE'));
});

test('wrong passwords meet growing pauses, which no restart resets; a domain that is away costs nobody one', {
  skip,
}, async (t) => {
  const { open, domain, clock } = await installed(t);
  domain.failure = 'DOMAIN_UNREACHABLE';
  for (let time = 0; time < 5; time += 1) await assert.rejects(open('sam', 's1'), code('DOMAIN_UNREACHABLE'));
  domain.failure = undefined;
  for (const guess of ['a', 'b', 'c']) await assert.rejects(open('sam', guess), code('PASSWORD_WRONG'));

  await assert.rejects(open('sam', 's1'), code('PASSWORD_PAUSE'));
  await assert.rejects(open('alice', 'a1'), code('PASSWORD_PAUSE'), 'whoever it is');
  clock.now += 2000;
  await open('sam', 's1');
  await assert.rejects(open('sam', 'a'), code('PASSWORD_WRONG'));
  await open('sam', 's1');
});

test('no file has a password in it; one that was changed, or is of another computer, lets nobody in without the domain', {
  skip,
}, async (t) => {
  const { open, domain, path } = await installed(t, list({ groups: ['staff'], offline: '14d' }));
  const sam = domain.users.get('sam') ?? assert.fail();
  sam.password = 'correct horse';
  await open('sam', 'correct horse');
  const whole = readFileSync(path, 'utf8');
  assert.doesNotMatch(whole, /horse/);
  assert.ok(JSON.parse(whole).value.accounts[0].verifier.work >= 15);

  domain.failure = 'DOMAIN_UNREACHABLE';
  for (const damage of ['', '{}', whole.replace(/"at":\d/, '"at":9')]) {
    writeFileSync(path, damage);
    await assert.rejects(open('sam', 'correct horse'), code('DOMAIN_UNREACHABLE'));
  }
  domain.failure = undefined;
  await open('sam', 'correct horse');
});

test('who is known by his account, or by a password, is forgotten when a package opens the machine in another way', {
  skip,
}, async (t) => {
  const { project, install, open, path, password } = await installed(t, list({ groups: ['staff'], offline: '14d' }));
  await open('sam', 's1');
  assert.ok(existsSync(path));
  await project.setPolicy({ authentication: { type: 'none' } });
  await install((await project.build('two')).folder, { replace: true });

  await open();

  assert.ok(!existsSync(path) && !existsSync(password));
});

test('a package of policies alone brings another list, and no other type', { skip }, async (t) => {
  const { project, install, open } = await installed(t);
  await project.setPolicy({ authentication: list({ users: ['eve'] }) });
  await install((await project.build('two', { kind: 'policy', force: false })).folder);
  await open('eve', 'e1');
  await assert.rejects(open('sam', 's1'), code('ACCOUNT_UNLISTED'));

  await project.setPolicy({ authentication: { type: 'none' } });
  await assert.rejects(project.build('three', { kind: 'policy', force: false }), code('POLICY_NEEDS_MACHINE'));
});

test('DOMAIN_UNSET: a project without a domain hands out no such policy; once it is named, it does', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  await project.setPolicy({ authentication: TWO });
  await assert.rejects(project.build('one'), code('DOMAIN_UNSET'));
  await assert.rejects(project.deploy(), code('DOMAIN_UNSET'));

  await project.setProject({ domain: DOMAIN });

  await project.build('one');
  await project.deploy();
});

const SAM = 3_000_010;
const EVE = 3_000_011;
const OFFLINE = list({ groups: ['staff'], offline: '14d' });

test('on a computer that has joined the domain who asks opens it as himself, by no password; nobody else does', {
  skip,
}, async (t) => {
  const { open, openAs, domain, events } = await installed(t);
  domain.self.set(SAM, 'sam').set(EVE, 'eve').set(0, 'alice');

  await openAs(SAM);
  await assert.rejects(openAs(EVE), code('ACCOUNT_UNLISTED'));
  await open('alice', 'a1', EVE);
  for (const [asker, who] of [
    [1000, 'a local user'],
    [0, 'root'],
    ['anybody', 'who came by the socket of the group'],
  ] as const)
    await assert.rejects(openAs(asker), code('ACCOUNT_NEEDED'), who);
  await assert.rejects(open('sam', undefined, SAM), code('ACCOUNT_NEEDED'), 'a name that is given wants its password');
  await assert.rejects(open('sam', 'guess', SAM), code('PASSWORD_WRONG'));
  domain.users.set('sam', { password: 's1', groups: [] });
  await assert.rejects(openAs(SAM), code('ACCOUNT_UNLISTED'), 'he is in the group no more');

  const told = (await events.last(100)).map(({ text }) => text);
  assert.ok(told.includes('sam@acme.example opens it, as who he is on this computer'));
});

test('fact 27: who opens it as himself is refused at the next opening once he is off the list', {
  skip,
}, async (t) => {
  const { openAs, domain, deploy } = await installed(t, OFFLINE);
  domain.self.set(SAM, 'sam');
  await openAs(SAM);

  await deploy(list({ users: ['alice'], offline: '14d' }));

  await assert.rejects(openAs(SAM), code('ACCOUNT_UNLISTED'));
  domain.isAwayFromComputer = true;
  await assert.rejects(openAs(SAM), code('ACCOUNT_NEEDED'), 'he is forgotten');
});

test('offline: who opened it as himself does so for as long as the policy says, under his own number alone, by no password', {
  skip,
}, async (t) => {
  const { open, openAs, domain, path } = await installed(t, OFFLINE);
  domain.self.set(SAM, 'sam');
  await openAs(SAM);
  const old = readFileSync(path);

  domain.isAwayFromComputer = true;
  domain.failure = 'DOMAIN_UNREACHABLE';
  domain.now += 14 * DAY_MS;
  await openAs(SAM);
  domain.self.set(EVE, 'sam');
  await assert.rejects(openAs(EVE), code('ACCOUNT_NEEDED'), 'another number');
  await assert.rejects(open('sam', 's1', SAM), /nothing is known here/, 'no password of his was looked at');
  domain.self.set(SAM, 'eve');
  await assert.rejects(openAs(SAM), code('ACCOUNT_NEEDED'), 'his number is another’s now');
  domain.self.set(SAM, 'sam');
  domain.now += 1;
  await assert.rejects(openAs(SAM), code('ACCOUNT_NEEDED'));
  writeFileSync(path, old.toString().replace(/"at": ?\d+/, `"at":${domain.now}`));
  await assert.rejects(openAs(SAM), code('ACCOUNT_NEEDED'), 'a file that was changed');
  domain.isAwayFromComputer = false;
  await openAs(SAM);
});

test('offline: that a user opened it as himself makes no password count for longer', { skip }, async (t) => {
  const { open, openAs, domain } = await installed(t, OFFLINE);
  domain.self.set(SAM, 'sam');
  await open('sam', 's1');
  domain.now += 14 * DAY_MS;
  await openAs(SAM);
  domain.failure = 'DOMAIN_UNREACHABLE';
  await open('sam', 's1');

  domain.now += 1;

  await assert.rejects(open('sam', 's1'), /the policy allows 14d without/);
});

test('facts 33 and 34: a device for certain accounts asks who connects it, and counts wrong passwords with those of opening', {
  skip,
}, async (t) => {
  const { state, domain } = await installed(t, { type: 'none' });
  const { vmId } = (await readPolicy(state, 'office')).document;
  const { askDomain } = domain.sources(async () => assert.fail());
  const ask = (user?: string, password?: string, now = NOW) =>
    accountForDevice({
      ...{ state, vm: 'office', vmId, domain: DOMAIN, device: 'cd', groups: ['staff'], now },
      given: { ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) },
      ask: (of, signIn) => askDomain(of, { ...signIn, signal: AbortSignal.timeout(10_000) }),
    });
  await assert.rejects(ask(), code('ACCOUNT_NEEDED'));
  const account = await ask('sam', 's1');
  assert.deepEqual([account.names[0], account.groupNames], ['sam@acme.example', ['staff']]);
  domain.failure = 'DOMAIN_UNREACHABLE';
  await assert.rejects(ask('sam', 's1'), code('DOMAIN_UNREACHABLE'), 'what was said before lets nobody');
  domain.failure = undefined;
  for (let guess = 0; guess < 3; guess += 1) await assert.rejects(ask('sam', `${guess}`), code('PASSWORD_WRONG'));
  await assert.rejects(ask('sam', 's1'), code('PASSWORD_PAUSE'));
  await ask('sam', 's1', NOW + DAY_MS);
});
