import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BIN } from '../../lab/programs.ts';
import { projectPaths, vmPaths } from '../../src/project/layout.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { program } from '../fakes/command-line.ts';
import { bootableNoise } from '../fakes/disk-image.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') && hasProgram('bwrap') ? false : 'qemu-img or bubblewrap is not installed';
const SLOW_DISK = join(import.meta.dirname, '..', 'fakes', 'slow-disk.ts');
const LOOK_MS = 20;

test('what an import that was killed has left goes with the next one, which begins anew', { skip }, async (t) => {
  const { folder } = await madeProject(t);
  const [raw, mark] = [join(scratch(t), 'disk.raw'), join(scratch(t), 'slow')];
  writeFileSync(raw, bootableNoise(8 << 20));
  const { vms } = projectPaths(folder);
  const halves = () => readdirSync(vms).filter((name) => name.endsWith('.tmp'));
  const words = ['-C', folder, 'vm', 'add', 'lab', '--disk', raw];
  const child = spawn(join(BIN, 'lazaret-manager'), words, {
    stdio: 'ignore',
    env: { ...process.env, NODE_OPTIONS: `--import=${SLOW_DISK}`, SLOW_DISK: folder, SLOW_WHILE: mark },
  });
  while (halves().length === 0) await sleep(LOOK_MS);
  // From now on it comes to no end.
  writeFileSync(mark, '');
  child.kill('SIGKILL');
  await once(child, 'exit');
  rmSync(mark);
  assert.equal(halves().length, 1);
  assert.equal(existsSync(vmPaths(folder, 'lab').folder), false);

  const again = await program('lazaret-manager', words);

  assert.equal(again.status, 0, again.stderr);
  assert.deepEqual(readdirSync(vms).sort(), ['lab', 'office']);
  assert.ok(existsSync(vmPaths(folder, 'lab').work));
  assert.equal(dirname(vmPaths(folder, 'lab').folder), vms);
});
