import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { collect } from '../../src/install/change/generation/collect.ts';
import { openByPassword } from '../../src/install/opening/password.ts';
import { writeDisks } from '../../src/install/opening/write-disks.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { instancePaths } from '../../src/install/state/layout.ts';
import { removeTemporary } from '../../src/sys/files/folders.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { isLocked } from '../../src/sys/secrets/locked-blocks.ts';
import { computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';
import { change, copyOf } from '../fakes/stopped.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const PASSWORD = 'correct horse';
const WRITTEN = 'what the guest wrote to its data disk';
const NOW = Date.now();

const off = { disks: false, configuration: false, recovery: false };
const PLAIN = { authentication: { type: 'none' as const }, encryption: off };
const LOCKED = { authentication: { type: 'password' as const, contents: [] }, encryption: { ...off, disks: true } };

/** Of a machine’s files, those that a guest’s text can be read in. */
function holding(state: string): string[] {
  const files = globSync(join(state, 'instances', '**'), { withFileTypes: true }).filter((each) => each.isFile());
  return files.map((each) => join(each.parentPath, each.name)).filter((path) => readFileSync(path).includes(WRITTEN));
}

/** Kills the opening after each of its steps; the next one, by the same password, brings it to its end. */
async function walk(t: TestContext, before: string, secrets: object, isEncrypted: boolean): Promise<void> {
  const words = ['open', 'office', JSON.stringify(secrets)];
  const steps = await change(copyOf(t, before), '-', words);
  assert.ok(steps.length > 4, steps.join(', '));
  for (const step of steps)
    await t.test(`killed after “${step.replace(/[0-9a-f]{64}/, '…')}”`, async (sub) => {
      const state = copyOf(sub, before);
      await change(state, step, words);
      await collect(state, new Map());
      const given = { password: PASSWORD, newPassword: PASSWORD };
      const opened = await openByPassword(state, 'office', given, NOW);
      await writeDisks(await openInstance(state, 'office'), opened);
      await collect(state, new Map());
      for (const folder of globSync(join(state, 'instances', 'office', '{.,generations/*}')))
        await removeTemporary(folder);
      assert.equal(isLocked(instancePaths(state, 'office').data), isEncrypted);
      assert.equal(holding(state).length, isEncrypted ? 0 : 1);
    });
}

test('killed at any step, an opening that encrypts a machine, or brings it back in clear, goes on with the next', {
  skip,
}, async (t) => {
  const project = await madeProject(t, 'Acme', NOW, { dataDiskMiB: 8 });
  await project.setPolicy(PLAIN);
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  const text = join(state, '..', 'text');
  writeFileSync(text, WRITTEN.padEnd(512, '.'));
  await run('qemu-io', ['-f', 'qcow2', '-c', `write -s ${text} 4096 512`, instancePaths(state, 'office').data]);
  await project.setPolicy(LOCKED);
  await project.changeDisk(0);
  await install((await project.build('two')).folder, { replace: true, keepOld: true });

  await t.test('encrypted by an update', (sub) => walk(sub, state, { newPassword: PASSWORD }, true));

  const opened = await openByPassword(state, 'office', { newPassword: PASSWORD }, NOW);
  await writeDisks(await openInstance(state, 'office'), opened);
  await project.setPolicy(PLAIN);
  await project.changeDisk(4096);
  await install((await project.build('three')).folder, { replace: true });
  await t.test('brought back in clear by an update', (sub) => walk(sub, state, { password: PASSWORD }, false));
});
