import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Progress } from '../../install/change/generation/apply.ts';
import { ProgressLine } from './progress.ts';

const at = (doneBytes: number): Progress => ({ step: 'fetch', what: 'a', doneBytes, totalBytes: 100_000 });

test('who does not read has one line on the way and one that waits, the newest', async () => {
  const written: number[] = [];
  let read = Promise.withResolvers<void>();
  const line = new ProgressLine(async ({ doneBytes }) => {
    written.push(doneBytes);
    await read.promise;
  });

  for (let done = 0; done <= 100_000; done += 1) line.send(at(done));
  assert.deepEqual(written, [0]);
  const first = read;
  read = Promise.withResolvers();
  read.resolve();
  first.resolve();
  while (written.length < 2) await first.promise;

  assert.deepEqual(written, [0, 100_000]);
});
