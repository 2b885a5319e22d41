import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { scratch } from '../../../test/fakes/made-project.ts';
import type { FamilyState, NameState } from '../../firewall/names/name-state.ts';
import { silentLog } from '../../sys/log.ts';
import { nameMemory } from './name-memory.ts';

const MAX_NAMES = 20_000;
const MAX_KEPT = 16;
const STATE: NameState = {
  v4: { addresses: ['192.0.2.1', '192.0.2.2'], answeredAt: 1_000 },
  v6: { addresses: [], answeredAt: 0, failed: { code: 'no-addresses', since: 2_000 } },
};

/** A memory in a folder of its own; `warned` counts the files that could not be read. */
function memoryIn(folder: string) {
  const told: unknown[] = [];
  const log = { ...silentLog, warn: (about: unknown) => void told.push(about) };
  const path = join(folder, 'names.json');
  return { memory: nameMemory(path, log), path, warned: () => told.length };
}

const failed = fc.record(
  {
    code: fc.constantFrom(
      ...(['no-answer', 'server-failed', 'refused', 'no-such-name', 'no-addresses', 'points-inside'] as const),
    ),
    since: fc.nat(),
  },
  { noNullPrototype: true },
);

function family(address: fc.Arbitrary<string>): fc.Arbitrary<FamilyState> {
  const addresses = fc.array(address, { maxLength: MAX_KEPT });
  return fc.oneof(
    fc.record({ addresses, answeredAt: fc.nat() }, { noNullPrototype: true }),
    fc.record({ addresses, answeredAt: fc.nat(), failed }, { noNullPrototype: true }),
  );
}

test('what was written is read back', async (t) => {
  const { memory } = memoryIn(scratch(t));
  const state = fc.record({ v4: family(fc.ipV4()), v6: family(fc.ipV6()) }, { noNullPrototype: true });
  const states = fc.array(fc.tuple(fc.domain(), state), { maxLength: 20 });

  await fc.assert(
    fc.asyncProperty(states, async (entries) => {
      const written = new Map(entries);
      await memory.write(written);
      assert.deepEqual(await memory.read(), written);
    }),
    { numRuns: 50 },
  );
});

test('before the first answer there is none, and nothing to complain of', async (t) => {
  const { memory, warned } = memoryIn(scratch(t));

  assert.deepEqual(await memory.read(), new Map());
  assert.equal(warned(), 0);
});

const good = { format: 1, names: [{ name: 'a.test', ...STATE }] };
const [first] = good.names;
const foreign: [title: string, text: string | Buffer][] = [
  ['is empty', ''],
  ['is not JSON', 'names'],
  ['ends in the middle', JSON.stringify(good).slice(0, -9)],
  ['is not text', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
  ['has another format', JSON.stringify({ ...good, format: 2 })],
  ['has an unknown key', JSON.stringify({ ...good, other: 1 })],
  ['has a state with an unknown key', JSON.stringify({ ...good, names: [{ ...first, other: 1 }] })],
  ['has what is no address', withV4({ addresses: ['0.0.0.0/0'] })],
  ['has a command in an address’s place', withV4({ addresses: ['192.0.2.1 }\nflush ruleset'] })],
  ['has an address of the other family', withV4({ addresses: ['2001:db8::1'] })],
  ['has a time before all times', withV4({ answeredAt: -1 })],
  ['has a failure that nobody knows', withV4({ failed: { code: 'bored', since: 1 } })],
  ['has too many addresses of a name', withV4({ addresses: Array(MAX_KEPT + 1).fill('192.0.2.1') })],
  ['has a name that is too long', JSON.stringify({ ...good, names: [{ ...first, name: 'a'.repeat(254) }] })],
  ['has too many names', JSON.stringify({ ...good, names: Array(MAX_NAMES + 1).fill(first) })],
];

function withV4(more: object): string {
  return JSON.stringify({ ...good, names: [{ ...first, v4: { ...STATE.v4, ...more } }] });
}

for (const [title, text] of foreign) {
  test(`a file that ${title} counts as none, is told of, and is replaced`, async (t) => {
    const { memory, path, warned } = memoryIn(scratch(t));
    writeFileSync(path, text);

    assert.deepEqual(await memory.read(), new Map());
    assert.equal(warned(), 1);

    await memory.write(new Map([['b.test', STATE]]));
    assert.deepEqual([...(await memory.read()).keys()], ['b.test']);
  });
}

test('what is too large, or no file at all, counts as none', async (t) => {
  const { memory, path, warned } = memoryIn(scratch(t));
  writeFileSync(path, JSON.stringify(good));
  truncateSync(path, 1 << 30);
  assert.deepEqual(await memory.read(), new Map());

  const elsewhere = memoryIn(scratch(t));
  mkdirSync(elsewhere.path);
  assert.deepEqual(await elsewhere.memory.read(), new Map());
  assert.deepEqual([warned(), elsewhere.warned()], [1, 1]);
});

test('the file is replaced as one step, for its owner’s eyes alone, and what a link led to stays as it was', async (t) => {
  const folder = scratch(t);
  const { memory, path } = memoryIn(folder);
  writeFileSync(join(folder, 'other'), 'other');
  symlinkSync('other', path);

  await memory.write(new Map([['a.test', STATE]]));

  assert.equal(readFileSync(join(folder, 'other'), 'utf8'), 'other');
  assert.ok(statSync(path).isFile());
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder).sort(), ['names.json', 'other']);
});

test('a write that fails leaves the last answers as they were', async (t) => {
  const folder = scratch(t);
  const gone = memoryIn(join(folder, 'gone'));

  await assert.rejects(gone.memory.write(new Map([['a.test', STATE]])), { code: 'FILE_MISSING' });
  assert.deepEqual(readdirSync(folder), []);
});

test('as much as is ever written is read back: no more names and addresses than there is room for', async (t) => {
  const { memory, warned } = memoryIn(scratch(t));
  const v4 = Array.from({ length: 100 }, (_, i) => `255.255.255.${100 + i}`);
  const v6 = Array.from({ length: 100 }, (_, i) => `2001:0db8:1111:2222:3333:4444:5555:${1000 + i}`);
  const failure = { code: 'server-failed', since: Number.MAX_SAFE_INTEGER } as const;
  const state = (addresses: string[]) => ({ addresses, answeredAt: Number.MAX_SAFE_INTEGER, failed: failure });
  const name = (i: number) =>
    `${i}.${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(50)}`.slice(0, 253);
  const longest = Array.from({ length: MAX_NAMES + 1 }, (_, i) => [name(i), { v4: state(v4), v6: state(v6) }] as const);

  await memory.write(new Map(longest));
  const read = await memory.read();

  assert.equal(warned(), 0);
  assert.equal(read.size, MAX_NAMES);
  assert.deepEqual(read.get(name(0)), { v4: state(v4.slice(0, MAX_KEPT)), v6: state(v6.slice(0, MAX_KEPT)) });
});
