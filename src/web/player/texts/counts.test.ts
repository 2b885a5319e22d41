import assert from 'node:assert/strict';
import { test } from 'node:test';
import { de } from './texts.de.ts';
import { en } from './texts.en.ts';

test('of one thing the player says one', () => {
  assert.deepEqual([1, 2].map(de.snapshotsLeft), ['1 weiterer ist erlaubt', '2 weitere sind erlaubt']);
  assert.deepEqual(
    [1, 2].map((entries) => [en, de].map(({ hostInForce }) => hostInForce(entries, 'z'))),
    [
      ['in force, 1 entry, z', 'in Kraft, 1 Eintrag, z'],
      ['in force, 2 entries, z', 'in Kraft, 2 Einträge, z'],
    ],
  );
});
