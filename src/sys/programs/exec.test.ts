import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { takeLock } from '../files/lock.ts';
import { hasProgram, run, startDetached } from './exec.ts';
import { endProcess, hasGone, isRunning, processOf } from './processes.ts';

const code = (wanted: string) => ({ name: 'AppError', code: wanted });

test('a program gets its arguments and input as they are, and nothing of our environment', async () => {
  process.env['LAZARET_SECRET_OF_TEST'] = 'x';

  assert.equal((await run('printf', ['%s', '$HOME; `id`'])).stdout, '$HOME; `id`');
  assert.equal((await run('cat', [], { input: 'words' })).stdout, 'words');
  assert.doesNotMatch((await run('env', [])).stdout, /LAZARET_SECRET_OF_TEST/);
});

test('for work that was called off no program is started', async (t) => {
  const file = join(scratch(t), 'made');
  const off = { signal: AbortSignal.abort() };
  for (let tries = 0; tries < 20; tries += 1) await assert.rejects(run('touch', [file], off), code('INTERRUPTED'));
  assert.equal(existsSync(file), false);
});

test('each way a program can fail has a code', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);

  await assert.rejects(run('lazaret-no-such-program', []), code('PROGRAM_MISSING'));
  await assert.rejects(run('sh', ['-c', 'echo why >&2; exit 3']), (error: Error) => /why/.test(error.message));
  assert.equal((await run('sh', ['-c', 'exit 3'], { allow: [3] })).exitCode, 3);
  await assert.rejects(run('sleep', ['60'], { timeoutMs: 50 }), code('PROGRAM_TIMEOUT'));
  await assert.rejects(run('sleep', ['60'], { signal: stop.signal }), code('INTERRUPTED'));
  await assert.rejects(run('head', ['-c', '100000', '/dev/zero'], { maxBytes: 1000 }), code('PROGRAM_FAILED'));
  assert.equal(hasProgram('sh'), true);
  assert.equal(hasProgram('lazaret-no-such-program'), false);
});

test('a process is told from a later one of its number', async () => {
  const id = await startDetached('sleep', ['60'], { outputFd: 2 });

  assert.equal(isRunning(id), true);
  assert.equal(isRunning({ ...id, startedAt: id.startedAt + 1 }), false);
  await endProcess({ ...id, startedAt: id.startedAt + 1 });
  assert.equal(isRunning(id), true, 'another process of that number is left alone');
  await endProcess(id);
  assert.equal(await hasGone(id, 5000), true);
  assert.equal(processOf(id.pid)?.startedAt === id.startedAt, false);
});

test('one holder at a time has a lock, and it comes back', async (t) => {
  const path = join(scratch(t), 'lock');
  const first = await takeLock(path);

  assert.ok(first);
  assert.equal(await takeLock(path), undefined);
  await first[Symbol.asyncDispose]();
  const again = await takeLock(path);
  assert.ok(again);
  await again[Symbol.asyncDispose]();
});
