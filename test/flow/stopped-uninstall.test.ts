import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { forgetProject } from '../../src/install/change/back/forget.ts';
import { removable, requireConfirmed, uninstall } from '../../src/install/change/back/uninstall.ts';
import { collect } from '../../src/install/change/generation/collect.ts';
import { readInstances } from '../../src/install/state/instances.ts';
import { computerPaths, instancePaths } from '../../src/install/state/layout.ts';
import { ROOT } from '../../src/install/state/machine/owner.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { pinnedProject } from '../../src/trust/verify/client.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { change, copyOf, filesIn, listing, requireBootable } from '../fakes/stopped.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

test('an uninstallation that is killed after any of its steps leaves the machine or nothing of it; the others stay', {
  skip,
}, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 64 });
  await project.addVm('lab');
  const { folder } = await project.build('one');
  const { state, install } = computer(t);
  await install(folder, { fingerprint: project.fingerprint });
  const whole = copyOf(t, state);
  const steps = await change(whole, '-', ['uninstall', 'office']);
  await collect(whole, new Map());

  await t.test('all of it is gone, and what the other machine needs is not', async () => {
    assert.equal(await requireBootable(whole, 'lab'), 1);
    assert.deepEqual(
      (await readInstances(whole)).map(({ file }) => file.vm),
      ['lab'],
    );
    assert.equal(
      filesIn(whole, ['**']).some((path) => path.includes('office') || path.endsWith('.tmp')),
      false,
    );
    assert.equal((await pinnedProject(computerPaths(whole).trust))?.name, 'Acme');
  });

  for (const step of steps) {
    await t.test(`killed after “${step}”`, async (sub) => {
      const copy = copyOf(sub, state);
      await change(copy, step, ['uninstall', 'office']);
      await collect(copy, new Map());

      assert.deepEqual(listing(copy), listing(whole));
    });
  }

  await t.test('after the last machine no layer is left, and it may be installed again', async (sub) => {
    const copy = copyOf(sub, whole);
    await uninstall(copy, 'lab');
    await collect(copy, new Map());
    assert.deepEqual(listing(copy), []);
    await computer(sub, Date.now(), copy).install(folder);
    assert.equal(await requireBootable(copy), 1);
  });
});

test('what would be lost is named and must be confirmed; damaged machines can be removed too', { skip }, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 64 });
  const { folder } = await project.build('one');
  const { state, install } = computer(t);
  await install(folder, { fingerprint: project.fingerprint });
  writeFileSync(instancePaths(state, 'office').file, '{"format":1,"vm');

  const machines = await removable(state, ['office', 'office'], ROOT);

  assert.deepEqual(machines, [{ vm: 'office', hasDataDisk: true }]);
  await assert.rejects(removable(state, ['office', 'other'], ROOT), code('VM_UNKNOWN'));
  await assert.rejects(removable(state, ['../instances'], ROOT), code('VM_UNKNOWN'));
  assert.throws(() => requireConfirmed(machines, false), {
    ...code('UNINSTALL_CONFIRM'),
    message: /office with its data disk/,
  });
  requireConfirmed(machines, true);
});

test('a computer that forgets its project may take another one, and has no floor without its project at any step', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const { folder } = await project.build('one', { minGeneration: 1 });
  const other = await madeProject(t, 'Other');
  const { folder: theirs } = await other.build('theirs');
  const { state, install } = computer(t);
  await install(folder, { fingerprint: project.fingerprint });
  await assert.rejects(install(theirs, { fingerprint: other.fingerprint }), code('TRUST_FOREIGN'));
  const steps = await change(copyOf(t, state), '-', ['forget']);

  for (const step of steps) {
    await t.test(`killed after “${step}”`, async (sub) => {
      const copy = copyOf(sub, state);
      await change(copy, step, ['forget']);
      const { trust, floor } = computerPaths(copy);
      if (existsSync(trust)) {
        assert.equal((await pinnedProject(trust))?.name, 'Acme');
        assert.ok(existsSync(floor), 'a project is never known without its floors');
      }
      await forgetProject(copy);
      assert.equal(existsSync(copy), false);
    });
  }

  await t.test('afterwards', async () => {
    writeFileSync(join(state, 'letter.txt'), 'mine');
    await forgetProject(state);
    assert.deepEqual(filesIn(state), ['letter.txt'], 'what is not ours stays');
    await install(theirs, { fingerprint: other.fingerprint });
    assert.equal((await pinnedProject(computerPaths(state).trust))?.name, 'Other');
    assert.equal(readFileSync(join(state, 'letter.txt'), 'utf8'), 'mine');
  });
});

test('a folder that was never a computer’s is left alone', async (t) => {
  const folder = scratch(t);
  writeFileSync(join(folder, 'letter.txt'), 'mine');
  await forgetProject(folder);
  assert.deepEqual(filesIn(folder), ['letter.txt']);
});
