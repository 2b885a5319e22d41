import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openInstance } from '../../src/install/state/instances.ts';
import { chainFiles } from '../../src/install/state/machine/chain.ts';
import { LONGEST_CHAIN } from '../../src/layer/chain/flatten-chain.ts';
import { releaseDisk, releaseLayers } from '../../src/package/build/releases.ts';
import { projectPaths, vmPaths } from '../../src/project/layout.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { chainName } from '../../src/sys/programs/qemu-img.ts';
import { computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
/** A chain gets too long twice on the way, and a third one has begun. */
const RELEASES = 2 * LONGEST_CHAIN + 6;

test(`a machine has ${RELEASES} releases; the last of them is installed on a computer that has none`, {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const repository = projectPaths(project.folder).packages;
  const release = () => releaseDisk(project.folder, 'office', { repository, mode: 'fast' });
  for (let number = 1; number < RELEASES; number += 1) {
    assert.equal((await release()).length, number);
    const { work } = vmPaths(project.folder, 'office');
    await run('qemu-io', ['-f', 'qcow2', '-c', `write -P ${number} ${(number % 15) << 16} 64k`, work]);
    const files = readdirSync(vmPaths(project.folder, 'office').releases).filter((name) => name.endsWith('.qcow2'));
    assert.ok(files.length <= LONGEST_CHAIN + 1, `${files.length} layers are kept in the project`);
  }
  const { folder } = await project.build('all');
  const { install, state } = computer(t);

  await install(folder, { fingerprint: project.fingerprint });

  const { current } = await openInstance(state, 'office');
  assert.equal(current.machine.layers.length, RELEASES);
  const installed = await chainFiles(state, current.machine.layers);
  assert.ok(installed.length <= LONGEST_CHAIN + 1, `${installed.length} files in the chain`);
  const made = await releaseLayers(project.folder, 'office');
  await run('qemu-img', ['compare', chainName(installed), chainName(made)]);
  // What a computer lost of it is made again of the package alone.
  for (const name of readdirSync(join(state, 'layers'))) rmSync(join(state, 'layers', name));
  await install(folder);
  await run('qemu-img', ['compare', chainName(await chainFiles(state, current.machine.layers)), chainName(made)]);
});
