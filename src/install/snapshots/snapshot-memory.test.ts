import assert from 'node:assert/strict';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { fileMark } from '../../sys/files/files.ts';
import { generationPaths, instancePaths } from '../state/layout.ts';
import { memoryOf } from './snapshot-memory.ts';

test('disks that were made at the same moment, and look alike, are told apart', async (t) => {
  const state = scratch(t);
  const { overlay, suspended } = generationPaths(state, 'office', 1);
  const { data } = instancePaths(state, 'office');
  for (const path of [overlay, data]) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'empty');
    utimesSync(path, 1_000_000, 1_000_000);
  }
  const named = [
    { name: 'its system disk', path: overlay },
    { name: 'its data disk', path: data },
  ];
  const files = await Promise.all(named.map(async ({ name, path }) => ({ name, ...(await fileMark(path)) })));
  writeFileSync(suspended, JSON.stringify({ format: 1, files }));

  assert.deepEqual((await memoryOf(state, 'office', 1))?.files, [
    { name: 'its system disk', which: 'overlay' },
    { name: 'its data disk', which: 'data' },
  ]);
});
