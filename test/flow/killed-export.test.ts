import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BIN } from '../../lab/programs.ts';
import { EXPORT_FORMATS } from '../../src/api/manager/jobs.ts';
import { exportMachine } from '../../src/manager/machines/export-machine.ts';
import { vmPaths } from '../../src/project/layout.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { program } from '../fakes/command-line.ts';
import { bootableNoise } from '../fakes/disk-image.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const SLOW_DISK = join(import.meta.dirname, '..', 'fakes', 'slow-disk.ts');
const LOOK_MS = 20;

const halves = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.tmp'));

/** A project whose machine is being exported by a manager that comes to no end. */
async function exporting(t: TestContext, format: string) {
  const { folder } = await madeProject(t);
  const [raw, mark, out] = [join(scratch(t), 'disk.raw'), join(scratch(t), 'slow'), scratch(t)];
  writeFileSync(raw, bootableNoise(8 << 20));
  const added = await program('lazaret-manager', ['-C', folder, 'vm', 'add', 'lab', '--disk', raw]);
  assert.equal(added.status, 0, added.stderr);
  const words = (to: string) => ['-C', folder, 'vm', 'export', 'lab', '--format', format, '--out', join(out, to)];
  const child = spawn(join(BIN, 'lazaret-manager'), words(`lab.${format}`), {
    stdio: 'ignore',
    env: { ...process.env, NODE_OPTIONS: `--import=${SLOW_DISK}`, SLOW_DISK: out, SLOW_WHILE: mark },
  });
  while (halves(out).length === 0) await sleep(LOOK_MS);
  // From now on it comes to no end.
  writeFileSync(mark, '');
  return { folder, out, words, child, goOn: () => rmSync(mark) };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

for (const format of EXPORT_FORMATS)
  test(`what an export as ${format} that was killed has left goes with the machine’s next one, wherever that goes`, {
    skip,
  }, async (t) => {
    const { out, words, child, goOn } = await exporting(t, format);
    await kill(child);
    goOn();
    assert.equal(halves(out).length, 1);
    mkdirSync(join(out, 'other'));

    const again = await program('lazaret-manager', words(`other/lab.${format}`));

    assert.equal(again.status, 0, again.stderr);
    assert.deepEqual(readdirSync(out), ['other']);
    assert.deepEqual(readdirSync(join(out, 'other')), [`lab.${format}`]);
  });

test('it goes with the machine too; a copy of the project takes nothing away from the project itself', {
  skip,
}, async (t) => {
  const { folder, out, child, goOn } = await exporting(t, 'ova');
  const copy = join(scratch(t), 'copy');
  cpSync(folder, copy, { recursive: true });
  await exportMachine(copy, 'lab', { to: join(out, 'copy.qcow2'), format: 'qcow2' });
  assert.equal(halves(out).length, 1);
  await kill(child);
  goOn();

  const removed = await program('lazaret-manager', ['-C', folder, 'vm', 'remove', 'lab', '--yes']);

  assert.equal(removed.status, 0, removed.stderr);
  assert.equal(existsSync(vmPaths(folder, 'lab').folder), false);
  assert.deepEqual(readdirSync(out), ['copy.qcow2']);
});
