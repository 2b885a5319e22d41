import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyOtherQemu, whyUnfit } from './fit.ts';
import type { Circumstances } from './saved-state.ts';

const SYSTEM = { name: 'its system disk', bytes: 196_608, changedAt: '1795880594933360515' };
const DATA = { name: 'its data disk', bytes: 65_536, changedAt: '1795880594000000000' };
const SAVED: Circumstances = {
  generation: 2,
  processor: 'software',
  hardware: 'a'.repeat(64),
  files: [SYSTEM, DATA],
};

/** What has changed | why the machine cannot go on, or nothing. */
const ROWS: [string, Partial<Circumstances>, RegExp | undefined][] = [
  ['nothing', {}, undefined],
  ['the order of its disks', { files: [DATA, SYSTEM] }, undefined],
  ['the generation', { generation: 3 }, /in generation 2, and generation 3/],
  ['the processor', { processor: 'b'.repeat(64) }, /another processor/],
  ['the devices', { hardware: 'b'.repeat(64) }, /other devices/],
  ['the length of a disk', { files: [{ ...SYSTEM, bytes: 196_609 }, DATA] }, /its system disk has changed/],
  [
    'its time, by a nanosecond',
    { files: [SYSTEM, { ...DATA, changedAt: '1795880594000000001' }] },
    /its data disk has/,
  ],
  ['a disk that went', { files: [SYSTEM] }, /its data disk has changed/],
  ['a disk that came', { files: [SYSTEM, DATA, { ...DATA, name: 'another' }] }, /another has changed/],
];

for (const [what, change, why] of ROWS)
  test(`changed since it was suspended: ${what}`, () => {
    const found = whyUnfit(SAVED, { ...SAVED, ...change });
    if (why) assert.match(found ?? '', why);
    else assert.equal(found, undefined);
  });

test('another QEMU does not understand what one has saved, be it another build of the same', () => {
  assert.equal(whyOtherQemu({ qemu: '7.2.22 a' }, '7.2.22 a'), undefined);
  assert.match(whyOtherQemu({ qemu: '7.2.22 a' }, '7.2.22 b') ?? '', /by QEMU 7.2.22 a, and this is 7.2.22 b/);
});
