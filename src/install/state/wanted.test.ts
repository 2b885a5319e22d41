import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { computerPaths } from './layout.ts';
import { readOrigin, wantedPaths, writeOrigin } from './wanted.ts';

test('a tag means something only at the source it is from', async (t) => {
  const path = join(scratch(t), 'blob.part.json');
  await writeOrigin(path, 'https://example.com', '"1"');

  assert.equal(await readOrigin(path, 'https://example.com'), '"1"');
  assert.equal(await readOrigin(path, '/media/stick'), undefined);
});

test('damaged notes of a broken installation count as none, so that the next attempt goes on', async (t) => {
  const state = scratch(t);
  const { wanted } = computerPaths(state);
  const origin = join(state, 'blob.part.json');
  mkdirSync(dirname(wanted));
  for (const path of [wanted, origin]) writeFileSync(path, '{"format":1');

  assert.deepEqual([await wantedPaths(state), await readOrigin(origin, 'x')], [new Set(), undefined]);
});
