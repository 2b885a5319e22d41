import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { collect } from '../../src/install/change/generation/collect.ts';
import { flatten, MAX_CHAIN } from '../../src/install/change/generation/flatten.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths, instancePaths } from '../../src/install/state/layout.ts';
import { chainFiles } from '../../src/install/state/machine/chain.ts';
import { digestFile } from '../../src/sys/files/files.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { chainName } from '../../src/sys/programs/qemu-img.ts';
import { computer } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { CHANGE, change, copyOf, listing } from '../fakes/stopped.ts';

const skip = hasProgram('qemu-io') ? false : 'qemu-io is not installed';

test('flattening that is killed anywhere leaves the chain or the one file, the same disk, and no garbage', {
  skip,
}, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 64 });
  const { install, state: long } = computer(t);
  await install((await project.build('p0')).folder, { fingerprint: project.fingerprint });
  for (let number = 1; number <= MAX_CHAIN; number += 1) {
    await project.changeDisk(number << 16);
    await install((await project.build(`p${number}`, { kind: 'update' })).folder, { replace: true });
  }
  await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 7 1M 64k', instancePaths(long, 'office').data]);
  await collect(long, new Map());
  const data = await digestFile(instancePaths(long, 'office').data);
  const chain = async (state: string) =>
    chainFiles(state, (await openInstance(state, 'office')).current.machine.layers);
  const kept = join(scratch(t), 'before.raw');
  await run('qemu-img', ['convert', '-O', 'raw', chainName(await chain(long)), kept]);

  const whole = copyOf(t, long);
  const steps = await change(whole, '-', ['flatten', 'office']);
  await collect(whole, new Map());
  assert.equal((await chain(whole)).length, 1);

  /** After the kill and the next start: one of the two states, and going on ends in the second. */
  const check = async (state: string, isFlat: boolean) => {
    await collect(state, new Map());
    assert.deepEqual(listing(state), listing(isFlat ? whole : long));
    const same = ['compare', '-q', '-F', 'raw', chainName(await chain(state)), kept];
    await run('qemu-img', same);
    assert.deepEqual(await digestFile(instancePaths(state, 'office').data), data);
    assert.equal(await flatten(await openInstance(state, 'office')), !isFlat);
    await collect(state, new Map());
    assert.deepEqual(listing(state), listing(whole));
    await run('qemu-img', ['compare', '-q', '-F', 'raw', chainName(await chain(state)), kept]);
  };

  for (const step of steps) {
    await t.test(`killed after “${step}”`, async (sub) => {
      const state = copyOf(sub, long);
      await change(state, step, ['flatten', 'office']);
      await check(state, step === 'flattened');
    });
  }
  await t.test('killed while QEMU’s tool writes', async (sub) => {
    const state = copyOf(sub, long);
    const child = spawn(process.execPath, [CHANGE, state, '-', 'flatten', 'office'], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    const { layers } = computerPaths(state);
    while (child.exitCode === null && !readdirSync(layers).some((name) => name.endsWith('.tmp'))) await pause(1);
    child.kill('SIGKILL');
    await ended;
    const isFlat = existsSync((await chain(whole)).map((path) => path.replace(whole, state))[0] ?? '');
    await check(state, isFlat);
  });
});
