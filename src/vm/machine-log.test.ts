import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { scratch } from '../../test/fakes/made-project.ts';
import { makePipe, openPipeEnd } from '../sys/files/pipes.ts';
import { MachineLog } from './machine-log.ts';

/** Tries what follows again until the pipe has room for it. */
const WAITING = 'select undef, undef, undef, 0.01 until';

/** A program that writes as QEMU does, to a pipe that it does not wait for. */
async function writer(t: TestContext, words: string) {
  const folder = scratch(t);
  const [pipe, path] = [join(folder, 'log'), join(folder, 'qemu.log')];
  await makePipe(pipe);
  const start = async () => {
    await using end = await openPipeEnd(pipe);
    const script = `fcntl(STDERR, 4, fcntl(STDERR, 3, 0) | 04000); ${words}`;
    const child = spawn('perl', ['-e', script], { stdio: ['ignore', 'ignore', end.fd] });
    await once(child, 'spawn');
    return once(child, 'exit');
  };
  return { pipe, path, start };
}

test('what is said comes into the log, and its end is known as soon as its writer has gone', async (t) => {
  const { pipe, path, start } = await writer(t, 'print STDERR "first\\n"; print STDERR "it cannot be\\n"');
  using log = new MachineLog(pipe, path);

  await start();

  assert.equal(await log.lastWords(), 'first\nit cannot be');
  assert.equal(readFileSync(path, 'utf8'), 'first\nit cannot be\n');
});

test('a writer who says 50 MB is not kept waiting, and what is kept of it is bounded', async (t) => {
  const { pipe, path, start } = await writer(t, 'print STDERR "x" x 1023, "\\n" for 1 .. 50_000');
  using _log = new MachineLog(pipe, path);

  const [status] = await start();

  assert.equal(status, 0);
  const bytes = [path, `${path}.1`].map((each) => (existsSync(each) ? statSync(each).size : 0));
  assert.ok(Math.max(...bytes) <= 300 << 10, bytes.join());
});

test('what a writer says last is not lost behind the much that it said before', async (t) => {
  // It waits for room each time, and ends with its pipe full.
  const lines = 'for my $line (("x" x 1023 . "\\n") x 250, "z\\n")';
  const { pipe, path, start } = await writer(t, `${lines} { ${WAITING} syswrite STDERR, $line }`);
  using log = new MachineLog(pipe, path);

  await start();

  assert.match(await log.lastWords(), /z$/);
  assert.match(readFileSync(path, 'utf8'), /z\n$/);
});

test('nobody reads while there is no service; the next one reads on', async (t) => {
  const { pipe, path, start } = await writer(
    t,
    `print STDERR "x" x 1023, "\\n" for 1 .. 1000; ${WAITING} syswrite STDERR, "z\\n"`,
  );
  const first = new MachineLog(pipe, path);
  const ended = start();
  first[Symbol.dispose]();
  using second = new MachineLog(pipe, path);

  await ended;

  assert.match(await second.lastWords(), /z$/);
});

test('where there is no pipe, as of a machine that an older service started, there are no words', async (t) => {
  const folder = scratch(t);
  using log = new MachineLog(join(folder, 'none'), join(folder, 'qemu.log'));

  assert.equal(await log.lastWords(), '');
});
