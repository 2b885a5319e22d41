import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindsOf, packedKinds } from './hardware-kind.ts';

const ROWS: [title: string, file: Parameters<typeof kindsOf>[0], kinds: ReturnType<typeof kindsOf>][] = [
  ['nothing', {}, { hardware: 'virtio', clock: 'utc', processor: 'host' }],
  ['Linux', { os: 'linux' }, { hardware: 'virtio', clock: 'utc', processor: 'host' }],
  ['Windows', { os: 'windows' }, { hardware: 'compatible', clock: 'localtime', processor: 'host' }],
  [
    'Windows with drivers',
    { os: 'windows', hardware: 'virtio' },
    { hardware: 'virtio', clock: 'localtime', processor: 'host' },
  ],
  [
    'an old Linux',
    { os: 'linux', hardware: 'compatible' },
    { hardware: 'compatible', clock: 'utc', processor: 'host' },
  ],
  [
    'a Windows that was told',
    { os: 'windows', clock: 'utc' },
    { hardware: 'compatible', clock: 'utc', processor: 'host' },
  ],
  ['a floor', { processor: 'x86-64-v2' }, { hardware: 'virtio', clock: 'utc', processor: 'x86-64-v2' }],
];

for (const [title, file, kinds] of ROWS)
  test(`${title} leads to ${kinds.hardware} hardware a clock in ${kinds.clock}, the processor ${kinds.processor}`, () => {
    assert.deepEqual(kindsOf(file), kinds);
    assert.deepEqual(kindsOf(packedKinds(file)), kinds, 'the same by what a package says');
  });

test('a package says nothing of what has always been', () => {
  assert.deepEqual(packedKinds({}), {});
});
