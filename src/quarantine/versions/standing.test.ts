import assert from 'node:assert/strict';
import { test } from 'node:test';
import { threeVersions, V1, V2, V3 } from '../../../test/fakes/quarantine.ts';
import { standingOf } from './standing.ts';

const [FIRST, SECOND, THIRD] = threeVersions().versions;
const MARKED = [FIRST, { ...SECOND, removed: true }, THIRD];

const ROWS: [
  title: string,
  change: Record<string, unknown>,
  reported: string | undefined,
  want: [number, string | undefined, string | undefined],
][] = [
  ['the first of three', {}, V1, [0, 'first', 'second']],
  ['in small letters', {}, V2.toLowerCase(), [1, 'second', 'third']],
  ['nothing is newer than the last', {}, V3, [2, 'third', undefined]],
  ['unknown is older than all', {}, '0xDEADBEEF', [-1, undefined, 'first']],
  ['never reported too', {}, undefined, [-1, undefined, 'first']],
  ['never reported, with an initial version', { initial: 'second' }, undefined, [1, 'second', 'third']],
  [
    'an initial version that was removed is none',
    { initial: 'second', versions: MARKED },
    undefined,
    [-1, undefined, 'first'],
  ],
  ['one that was removed keeps its place', { versions: MARKED }, V2, [1, 'second', 'third']],
  ['and is never due', { versions: MARKED }, V1, [0, 'first', 'third']],
];
for (const [title, change, reported, want] of ROWS) {
  test(title, () => {
    const { place, version, due } = standingOf(threeVersions(change), reported);
    assert.deepEqual([place, version?.name, due?.name], want);
  });
}

test('whose word it is counts only where something was reported', () => {
  const quarantine = threeVersions({ initial: 'second', versionFrom: 'package' });
  assert.equal(standingOf(quarantine, V2).isTrusted, false);
  assert.equal(standingOf(quarantine, V2, 'package').isTrusted, true);
  assert.equal(standingOf(quarantine, undefined).isTrusted, true);
});
