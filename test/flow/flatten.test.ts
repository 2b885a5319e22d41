import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { collect } from '../../src/install/change/generation/collect.ts';
import { flatten, MAX_CHAIN } from '../../src/install/change/generation/flatten.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths } from '../../src/install/state/layout.ts';
import { chainFiles } from '../../src/install/state/machine/chain.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { chainName } from '../../src/sys/programs/qemu-img.ts';
import { computer } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-io') ? false : 'qemu-io is not installed';

test('a chain that grew long becomes one file: the same disk, on which the next update goes', { skip }, async (t) => {
  const project = await madeProject(t);
  const { install, state } = computer(t);
  const inUse = new Map<string, number>();
  await install((await project.build('p0')).folder, { fingerprint: project.fingerprint });
  for (let number = 1; number <= MAX_CHAIN; number += 1) {
    assert.equal(await flatten(await openInstance(state, 'office')), false, `${number} layers are not too many`);
    await project.changeDisk(number << 16);
    await install((await project.build(`p${number}`, { kind: 'update' })).folder, { replace: true });
  }
  const instance = await openInstance(state, 'office');
  const { layers } = instance.current.machine;
  const before = await chainFiles(state, layers);
  assert.equal(before.length, MAX_CHAIN + 1);
  const kept = join(scratch(t), 'before.raw');
  await run('qemu-img', ['convert', '-O', 'raw', chainName(before), kept]);

  const cancel = new AbortController();
  cancel.abort();
  await assert.rejects(flatten(instance, cancel.signal));
  assert.deepEqual(await chainFiles(state, layers), before, 'stopped, it has changed nothing');
  assert.equal(await flatten(instance), true);

  const after = await chainFiles(state, layers);
  assert.equal(after.length, 1);
  await collect(state, inUse);
  assert.equal(readdirSync(computerPaths(state).layers).length, 1, 'what it stands for is gone');
  await run('qemu-img', ['compare', '-F', 'raw', '-f', 'qcow2', after[0] ?? '', kept]);

  await project.changeDisk(12 << 16);
  await install((await project.build('next', { kind: 'update' })).folder, { replace: true });
  const next = await openInstance(state, 'office');
  assert.equal((await chainFiles(state, next.current.machine.layers)).length, 2);
  await collect(state, inUse);
  assert.equal(await flatten(next), false);
});
