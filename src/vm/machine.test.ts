import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { AppError } from '../lib/errors.ts';
import { processOf } from '../sys/programs/processes.ts';
import { failWhenGone, whyFailed } from './machine.ts';

/** A QEMU that has ended, and the log that it left. */
async function ended() {
  const qemu = '2026-11-28T03:00:00.000000Z qemu-system-x86_64: -blockdev driver=qcow2: Image is not in qcow2 format';
  const said = `the start before\nand more\nof that\n${qemu}`;
  const log = { path: '/var/log/qemu.log', lastWords: async () => said };
  const child = spawn('sleep', ['60']);
  const id = processOf(child.pid ?? 0);
  assert.ok(id);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return { log, id };
}

test('a start that fails because QEMU ended says why, and where the log is, whoever noticed first', async () => {
  const { log, id } = await ended();
  const wanted = /Image is not in qcow2 format$/;

  await assert.rejects(failWhenGone(id, log, new AbortController().signal), {
    ...{ code: 'VM_FAILED', message: wanted, details: { log: log.path } },
  });
  for (const error of [
    new AppError('VM_FAILED', 'QEMU has ended'),
    new AppError('FETCH_FAILED', 'nobody listens on /run/lazaret/12345678/s/qmp'),
  ]) {
    const why = await whyFailed(error, id, log);
    assert.ok(why instanceof AppError);
    assert.deepEqual([why.code, wanted.test(why.message), why.details], ['VM_FAILED', true, { log: log.path }]);
  }
});

test('what is not of QEMU’s end stays what it is', async () => {
  const { log, id } = await ended();
  const interrupted = new AppError('INTERRUPTED', 'interrupted');

  assert.equal(await whyFailed(interrupted, id, log), interrupted);
});
