import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PackageManifest } from '../../package/manifest.ts';
import { MachinePolicy } from '../../policy/schema.ts';
import { type ComputerFacts, type InstallPlan, plan, requireNoLoss, requireRoom } from './plan.ts';

const SHA = 'a'.repeat(64);
const ID = '6d1a1b9c-6a3e-4a57-9f3e-2d8f0f6c1a11';
const document = {
  format: 1,
  project: SHA,
  vm: 'office',
  vmId: ID,
  serial: 1,
  policy: MachinePolicy.parse({ format: 1 }),
};
const MANIFEST = PackageManifest.parse({
  ...{ format: 1, project: { fingerprint: SHA, name: 'Acme' }, name: 'two', kind: 'full', generation: 2 },
  ...{ createdAt: '2026-01-01T00:00:00Z', expiresAt: '2027-01-01T00:00:00Z', policies: [] },
  machines: [
    {
      ...{ name: 'office', id: ID, release: 1, memoryMiB: 64, cpus: 1, firmware: 'bios', policy: document },
      layers: [
        {
          ...{ virtualBytes: 1 << 20, bytes: 2 << 20, sha256: SHA, below: [], pieces: SHA },
          blob: { bytes: 1000, sha256: 'b'.repeat(64), mode: 'fast' },
        },
      ],
    },
  ],
});
const BY_ROOT = { asker: 0 };
const NOW = Date.parse('2026-06-01T00:00:00Z');
const EMPTY: ComputerFacts = {
  ...{
    machines: [],
    layers: new Set<string>(),
    flattened: new Set<string>(),
    files: new Set<string>(),
    packed: new Set<string>(),
    staged: new Map<string, number>(),
    freeBytes: 1e12,
    minGeneration: 0,
    now: NOW,
  },
};
const MACHINE = {
  ...{ vm: 'office', vmId: ID, owner: undefined, generation: 1, hasDataDisk: false },
  policy: { vm: 'office', vmId: ID, policyGeneration: 1, policy: { ...document, format: 1 as const } },
};
const having = (change: Partial<ComputerFacts['machines'][number]> = {}): ComputerFacts => ({
  ...EMPTY,
  machines: [{ ...MACHINE, ...change }],
});

const ROWS: [title: string, facts: ComputerFacts, expected: Partial<InstallPlan['machines'][number]>][] = [
  ['a new machine', EMPTY, { action: 'add', losesChanges: false, afterStop: false }],
  ['an installed machine', having(), { action: 'replace', losesChanges: true, afterStop: false }],
  ['one that runs', having({ runs: 1 }), { action: 'replace', losesChanges: true, afterStop: true }],
  ['one with a data disk', having({ hasDataDisk: true }), { action: 'replace', losesChanges: false }],
  ['one that has this very state', having({ generation: 2 }), { action: 'keep', losesChanges: false }],
];

for (const [title, facts, expected] of ROWS) {
  test(`${title}: ${JSON.stringify(expected)}`, () => {
    assert.partialDeepStrictEqual(plan(MANIFEST, facts, BY_ROOT).machines[0], expected);
  });
}

test('a machine whose time is over by the policy in the package is said so, on the day after its last', () => {
  const until = (date: string) => {
    const policy = { ...document, policy: MachinePolicy.parse({ format: 1, expiration: { type: 'date', date } }) };
    const machines = MANIFEST.machines.map((machine) => ({ ...machine, policy: { ...policy, format: 1 as const } }));
    return plan({ ...MANIFEST, machines }, EMPTY, BY_ROOT).machines[0]?.isOver;
  };
  assert.deepEqual([until('2026-05-30'), until('2026-06-01'), until('2026-12-31')], [true, undefined, undefined]);
});

const REFUSED: [title: string, facts: ComputerFacts, code: string][] = [
  ['an expired package', { ...EMPTY, now: Date.parse('2027-06-01T00:00:00Z') }, 'TRUST_EXPIRED'],
  ['an older package', having({ generation: 3 }), 'TRUST_ROLLBACK'],
  ['a package below the floor', { ...EMPTY, minGeneration: 3 }, 'TRUST_FLOOR'],
  ['what a rolled back machine still runs', having({ runs: 2 }), 'VM_RUNNING'],
];

for (const [title, facts, code] of REFUSED) {
  test(`${title} is refused with ${code}`, () => {
    assert.throws(() => plan(MANIFEST, facts, BY_ROOT), { code });
  });
}

test('disks that a password opens here are not handed to accounts, which could never open them', () => {
  const [machine] = MANIFEST.machines;
  const authentication = { type: 'users-and-groups', users: ['alice'] };
  const policy = MachinePolicy.parse({ format: 1, authentication });
  const toAccounts = PackageManifest.parse({
    ...MANIFEST,
    machines: [{ ...machine, policy: { ...document, policy } }],
  });
  const locked = (hasKey: boolean) =>
    having({ locked: { layers: new Set<string>(), flattened: new Set<string>(), hasKey } });

  const [kept] = plan(toAccounts, locked(true), BY_ROOT).machines;
  assert.deepEqual([kept?.action, kept?.refusal?.code], ['refuse', 'VM_UNSUPPORTED']);
  assert.equal(plan(toAccounts, locked(false), BY_ROOT).machines[0]?.action, 'replace');
  assert.equal(plan(MANIFEST, locked(true), BY_ROOT).machines[0]?.action, 'replace');
});

test('what is here already is neither fetched nor needs room', () => {
  const todo = plan(MANIFEST, { ...EMPTY, layers: new Set([SHA]) }, BY_ROOT);

  assert.deepEqual([plan(MANIFEST, EMPTY, BY_ROOT).fetchBytes, todo.fetchBytes, todo.layers], [1000, 0, []]);
});

test('what a broken installation has fetched already needs no more room, but no more than the blob’s own', () => {
  const need = (bytes: number) =>
    plan(MANIFEST, { ...EMPTY, staged: new Map([['b'.repeat(64), bytes]]) }, BY_ROOT).needBytes -
    plan(MANIFEST, EMPTY, BY_ROOT).needBytes;

  assert.deepEqual([need(0), need(600), need(5000)], [0, -600, -1000]);
});

test('room and loss are questions of their own', () => {
  const todo = plan(MANIFEST, having(), BY_ROOT);

  assert.throws(() => requireRoom(todo, todo.needBytes - 1), { code: 'DISK_FULL' });
  requireRoom(todo, todo.needBytes);
  assert.throws(() => requireNoLoss(todo), { code: 'INSTALL_CONFIRM', details: { machines: ['office'] } });
  requireNoLoss(plan(MANIFEST, EMPTY, BY_ROOT));
});

const [ALICE, BOB] = [1001, 1002];
const OWNERS: [title: string, owner: number | undefined, asker: number | 'anybody', action: string][] = [
  ['his own', ALICE, ALICE, 'replace'],
  ['everybody’s', undefined, ALICE, 'replace'],
  ['everybody’s, by one who does not say who he is', undefined, 'anybody', 'replace'],
  ['another’s, by root', ALICE, 0, 'replace'],
  ['another’s', ALICE, BOB, 'refuse'],
  ['somebody’s, by one who does not say who he is', ALICE, 'anybody', 'refuse'],
  ['root’s', 0, ALICE, 'refuse'],
];

for (const [title, owner, asker, action] of OWNERS) {
  test(`a machine that is ${title}: ${action}`, () => {
    const [machine] = plan(MANIFEST, having({ owner }), { asker }).machines;
    assert.equal(machine?.action, action);
    assert.equal(machine?.refusal?.code, action === 'refuse' ? 'VM_TAKEN' : undefined);
  });
}

test('how new another user’s machine is, and whether it runs, is not told by an installation', () => {
  for (const change of [
    { generation: 3 },
    { generation: 2, runs: 2 },
    { vmId: '6d1a1b9c-6a3e-4a57-9f3e-2d8f0f6c1a12' },
  ]) {
    const todo = plan(MANIFEST, having({ ...change, owner: ALICE }), { asker: BOB });
    assert.equal(todo.machines[0]?.refusal?.code, 'VM_TAKEN');
    assert.deepEqual([todo.layers, todo.fetchBytes], [[], 0]);
  }
});

test('an update does not speak of another user’s machine, nor does it change its policy', () => {
  const policies = { ...MANIFEST, machines: [], policies: [MANIFEST.machines[0]?.policy ?? assert.fail()] };
  const facts = having({ owner: ALICE });
  assert.deepEqual(plan(MANIFEST, facts, { asker: BOB, leavesOthers: true }).machines, []);
  assert.deepEqual(plan(policies, facts, { asker: BOB, leavesOthers: true }).policies, []);
  assert.equal(plan(policies, facts, { asker: BOB }).policies[0]?.action, 'absent');
  assert.equal(plan(policies, facts, { asker: ALICE }).policies[0]?.action, 'apply');
});
