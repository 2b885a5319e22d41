import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MachinePolicy } from '../schema.ts';
import { POLICIES, POLICY_NAMES, type PolicyName } from '../table.ts';
import { changeWords, policyChanges } from './changes.ts';

const policy = (more: object = {}) => MachinePolicy.parse({ format: 1, ...more });
const STATIC = { type: 'static', mode: 'whitelist', normal: { entries: ['10.0.0.0/8'] } };

const CHANGES: [title: string, before: object, after: object, changes: [section: string, when: string][]][] = [
  ['nothing', {}, {}, []],
  ['a section that says what its absence means', {}, { encryption: {}, authentication: { type: 'none' } }, []],
  ['the quarantine', {}, { quarantine: STATIC }, [['quarantine', 'at-once']]],
  ['IPv6 that was off all the same', {}, { ipv6: false }, []],
  ['IPv6', {}, { ipv6: true }, [['ipv6', 'next-start']]],
  ['the trial', { updates: { healthTimeout: '5m' } }, {}, [['updates', 'next-update']]],
  [
    'commands that were there all the same',
    {},
    { troubleshooting: { power: true }, preferences: { enabled: true } },
    [],
  ],
  ['snapshots that were off all the same', {}, { snapshots: { enabled: false } }, []],
  ['snapshots', {}, { snapshots: { enabled: true } }, [['snapshots', 'at-once']]],
  ['a clipboard that was closed all the same', {}, { clipboard: { guestToHost: false } }, []],
  ['the clipboard', {}, { clipboard: { hostToGuest: true } }, [['clipboard', 'at-once']]],
  ['files', {}, { files: { hostToGuest: true } }, [['files', 'at-once']]],
  ['a shared folder that was forbidden all the same', {}, { sharedFolder: { access: 'nobody' } }, []],
  ['the shared folder', {}, { sharedFolder: { access: 'read-write' } }, [['sharedFolder', 'at-once']]],
  ['power commands', {}, { troubleshooting: { power: false } }, [['troubleshooting', 'at-once']]],
  ['the window', {}, { window: { fullScreen: true } }, [['window', 'at-once']]],
  ['exit behaviour', {}, { exit: { behaviour: 'ask' } }, [['exit', 'at-once']]],
  ['preferences', {}, { preferences: { enabled: false } }, [['preferences', 'at-once']]],
  ['reimage', {}, { reimage: { enabled: true } }, [['reimage', 'reinstall']]],
  ['encryption', {}, { encryption: { disks: true } }, [['encryption', 'with-machine']]],
  [
    'who may open it',
    { authentication: { type: 'users-and-groups', users: ['alice'] } },
    { authentication: { type: 'users-and-groups', users: ['bob'], offline: '14d' } },
    [['authentication', 'next-start']],
  ],
  [
    'what opens it',
    { authentication: { type: 'password' } },
    { authentication: { type: 'users-and-groups', users: ['bob'] } },
    [['authentication', 'with-machine']],
  ],
  [
    'two things',
    { authentication: { type: 'password' } },
    { quarantine: STATIC },
    [
      ['quarantine', 'at-once'],
      ['authentication', 'with-machine'],
    ],
  ],
];

for (const [title, before, after, changes] of CHANGES) {
  test(`a change of ${title} is found, and when it holds`, () => {
    assert.deepEqual(
      policyChanges(policy(before), policy(after)).map(({ section, when }) => [section, when]),
      changes,
    );
  });
}

/** Each policy, as it is not where nothing is said of it. A policy that is added needs its line here. */
const EACH: Record<PolicyName, object | boolean> = {
  quarantine: STATIC,
  ipv6: true,
  updates: { healthTimeout: '5m' },
  reimage: { enabled: true },
  encryption: { disks: true },
  authentication: { type: 'password' },
  expiration: { type: 'days', days: 30 },
  copyProtection: { enabled: true },
  troubleshooting: { power: false },
  exit: { behaviour: 'power-off' },
  snapshots: { enabled: true, most: 2 },
  window: { fullScreen: true },
  preferences: { enabled: false },
  clipboard: { hostToGuest: true },
  devices: { cd: { type: 'everybody' } },
  files: { hostToGuest: true },
  sharedFolder: { access: 'read-only' },
  administratorAccess: { verifier: { work: 15, salt: `${'A'.repeat(43)}=`, hash: `${'A'.repeat(43)}=` } },
};

test('whatever policy is changed, the difference of two deploys has it in words of its own', () => {
  const said = POLICY_NAMES.map((name) => changeWords(policyChanges(policy(), policy({ [name]: EACH[name] }))));
  assert.deepEqual(
    said,
    POLICY_NAMES.map((name) => POLICIES[name].words),
  );
  assert.equal(new Set(said).size, POLICY_NAMES.length);
});

const INVALID: [title: string, more: object][] = [
  ['an unknown way of authentication', { authentication: { type: 'fingerprint' } }],
  ['a password of no length', { authentication: { type: 'password', minimumLength: 0 } }],
  ['a script outside the resources', { authentication: { type: 'script', file: '../who.sh' } }],
  ['an unknown kind of encryption', { encryption: { memory: true } }],
];

for (const [title, more] of INVALID) {
  test(`${title} is no policy`, () => {
    assert.equal(MachinePolicy.safeParse({ format: 1, ...more }).success, false);
  });
}
