import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextSteps, oneOf, randomFrom, type Standing, type Step } from '../bench/soak/steps.ts';
import { COLUMNS, type ColumnName, type Sample, verdict } from '../bench/soak/verdict.ts';

const RUNNING: Standing = {
  vm: 'office',
  state: 'running',
  snapshots: 0,
  hasDisc: false,
  isWaiting: false,
  isUnfit: false,
  versionsLeft: 3,
};
const MACHINES: Standing[] = [
  RUNNING,
  { ...RUNNING, vm: 'lab', state: 'suspended', snapshots: 2 },
  { ...RUNNING, vm: 'updated', isWaiting: true },
  { ...RUNNING, vm: 'unfit', state: 'suspended', isUnfit: true },
  { ...RUNNING, vm: 'books', state: 'stopped', versionsLeft: 0 },
];

function rounds(seed: number, count: number, machines = MACHINES, mayRestart = true): Step[][] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => nextSteps(random, machines, mayRestart));
}

test('the same seed gives the same steps, another one others', () => {
  assert.deepEqual(rounds(7, 50), rounds(7, 50));
  assert.notDeepEqual(rounds(7, 50), rounds(8, 50));
});

test('of choices each is taken about as often as it weighs', () => {
  const random = randomFrom(1);
  const taken = Array.from({ length: 10_000 }, () => oneOf(random, [['rare', 1] as const, ['often', 3] as const]));

  const share = taken.filter((each) => each === 'often').length / taken.length;
  assert.ok(Math.abs(share - 0.75) < 0.02, `${share}`);
});

test('a machine does only what it can as it stands; what has to be refused is known beforehand', () => {
  const steps = rounds(3, 3000).flat();
  const of = (vm: string) => steps.filter((step) => 'vm' in step && step.vm === vm);
  const whats = (vm: string) => new Set(of(vm).map(({ what }) => what));

  assert.ok(whats('office').has('switch') && !whats('office').has('start'));
  assert.ok(whats('lab').has('start anew') && !whats('lab').has('switch'));
  assert.ok(
    whats('books').has('start') && !whats('books').has('start anew') && !whats('books').has('remove a snapshot'),
  );
  assert.ok(!whats('office').has('take the disc out'));
  const refusals = (vm: string, what: string) =>
    new Set(of(vm).flatMap((step) => (step.what === what && 'vm' in step ? [step.refusal] : [])));
  assert.deepEqual(refusals('lab', 'take a snapshot'), new Set(['SNAPSHOT_FULL']));
  assert.deepEqual(refusals('unfit', 'start'), new Set(['SUSPENDED_UNFIT']));
  assert.deepEqual(refusals('updated', 'take a snapshot'), new Set(['VM_RUNNING']));
  assert.deepEqual(refusals('office', 'take a snapshot'), new Set([undefined]));
  assert.deepEqual(refusals('office', 'connect what is not there'), new Set(['DEVICE_UNKNOWN']));
});

test('nothing else is done while the service restarts or an update is installed, and it restarts only where it may', () => {
  const alone = ['restart', 'kill the service', 'update'];
  const all = rounds(5, 2000);

  for (const what of alone)
    assert.ok(
      all.some((steps) => steps.some((step) => step.what === what)),
      what,
    );
  for (const steps of all) assert.ok(steps.length === 1 || steps.every(({ what }) => !alone.includes(what)));
  for (const steps of rounds(5, 2000, MACHINES, false))
    assert.ok(steps.every(({ what }) => what !== 'restart' && what !== 'kill the service'));
});

/** Samples of a run of so many minutes, two a minute, each at rest; the service was restarted after a third. */
function samples(minutes: number, change: (counts: Record<ColumnName, number>, minute: number) => void): Sample[] {
  return Array.from({ length: minutes * 2 }, (_none, at) => {
    const minute = at / 2;
    const counts = Object.fromEntries(Object.keys(COLUMNS).map((name) => [name, 50])) as Record<ColumnName, number>;
    change(counts, minute);
    return { minute, life: minute < minutes / 3 ? 1 : 2, atRest: true, counts };
  });
}

const grown = (all: Sample[], warmUpMinutes = 2) =>
  verdict(all, warmUpMinutes).flatMap(({ column, outcome }) => (outcome === 'holds' ? [] : [`${column} ${outcome}`]));

test('what stays as it is holds; so does what only wavers', () => {
  assert.deepEqual(grown(samples(20, () => undefined)), []);
  assert.deepEqual(grown(samples(20, (counts, minute) => (counts.residentMB = 100 + (minute % 2 === 0 ? 30 : 0)))), []);
});

test('what grows slowly is found in each column that may not grow, and no other is blamed', () => {
  for (const [column, how] of Object.entries(COLUMNS) as [ColumnName, (typeof COLUMNS)[ColumnName]][]) {
    if ('atMost' in how) continue;
    const slowly = samples(20, (counts, minute) => (counts[column] = 50 + 1.5 * minute + 3 * how.plus * (minute / 20)));
    assert.deepEqual(grown(slowly), [`${column} grows`]);
  }
});

test('what has a limit may grow up to it', () => {
  assert.deepEqual(grown(samples(20, (counts, minute) => (counts.layers = minute * 5))), []);
  assert.deepEqual(grown(samples(20, (counts, minute) => (counts.layers = minute * 6))), ['layers grows']);
});

test('memory is compared within the service’s last life alone, and not while it warms up', () => {
  const warmsUp = samples(30, (counts, minute) => (counts.heapMB = minute < 10 ? 10 : minute < 14 ? 20 : 50));
  assert.deepEqual(grown(warmsUp, 4), []);
  assert.deepEqual(grown(samples(30, (counts, minute) => (counts.links = minute < 10 ? 10 : 50))), ['links grows']);
});

test('what is not at rest says nothing, and of too few samples nothing is known', () => {
  const busy = samples(20, (counts, minute) => (counts.links = minute % 1 === 0 ? 50 : 50 + minute));
  assert.deepEqual(grown(busy.map((sample) => ({ ...sample, atRest: sample.minute % 1 === 0 }))), []);
  assert.ok(grown(samples(4, () => undefined)).every((line) => line.endsWith('unknown')));
  assert.ok(grown([]).length === Object.keys(COLUMNS).length);
});
