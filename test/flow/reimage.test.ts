import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { finishReimage, isReimaging } from '../../src/install/change/back/reimage.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths, generationPaths, instancePaths } from '../../src/install/state/layout.ts';
import { ROOT } from '../../src/install/state/machine/owner.ts';
import { readReported, writeReported } from '../../src/install/state/machine/reported.ts';
import { saveState } from '../../src/project/save.ts';
import { EventLog } from '../../src/run/computer/events.ts';
import { digestFile } from '../../src/sys/files/files.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';
import { threeVersions, V1, V2 } from '../fakes/quarantine.ts';
import { serviceParts } from '../fakes/service-parts.ts';
import { change, copyOf, listing, requireBootable } from '../fakes/stopped.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

/** A computer with a machine that may be put back, at version 1 by its package, and what its user did with it since. */
async function used(t: TestContext, { isAllowed = true } = {}) {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 64 });
  if (isAllowed) await project.setPolicy({ reimage: { enabled: true } });
  await project.setQuarantine(threeVersions());
  await saveState(project.folder, 'office', { format: 1, descriptor: V1 });
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  const { overlay } = generationPaths(state, 'office', 1);
  const installed = await contentOf(overlay);
  await write(overlay);
  await write(instancePaths(state, 'office').data);
  await writeReported(state, 'office', 1, { descriptor: V2, origin: 'guest' });
  return { project, install, state, overlay, installed };
}

const write = (disk: string) => run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 7 0 64k', disk]);

/** Whether a disk holds something of its own, and how large it is. */
async function contentOf(disk: string): Promise<string> {
  const [size, map] = [['info'], ['map']].map((words) => run('qemu-img', [...words, '--output=json', disk]));
  const { 'virtual-size': bytes } = JSON.parse((await size)?.stdout ?? '');
  const written = JSON.parse((await map)?.stdout ?? '').some(({ data }: { data: boolean }) => data);
  return `${bytes} bytes, ${written ? 'written' : 'empty'}`;
}

function changesOf(state: string, running = new Map<string, number>()) {
  return serviceParts(state, { running }).changes;
}

test('fact 81: it is warned of first; afterwards the system disk and the version are as installed, the data disk stays', {
  skip,
}, async (t) => {
  const { state, overlay, installed } = await used(t);
  const changes = changesOf(state);
  const { data } = instancePaths(state, 'office');
  const before = [await digestFile(overlay), await digestFile(data)];

  await assert.rejects(changes.reimage(ROOT, 'office', { dataDisk: false, confirmed: false }), code('REIMAGE_CONFIRM'));
  assert.deepEqual([await digestFile(overlay), await digestFile(data)], before);

  assert.deepEqual(await changes.reimage(ROOT, 'office', { dataDisk: false, confirmed: true }), {
    ...{ vm: 'office', generation: 1, dataDisk: false },
  });
  assert.equal(await contentOf(overlay), installed);
  assert.deepEqual(await digestFile(data), before[1]);
  assert.deepEqual(await readReported(state, 'office', 1), { descriptor: V1, origin: 'package' });
  const [event] = await new EventLog(computerPaths(state).events).last(1);
  assert.deepEqual([event?.kind, event?.text], ['reimaged', 'its system disk is as when generation 1 was installed']);
});

test('what was saved of a suspended machine goes with the disk that it belongs to', { skip }, async (t) => {
  const { state } = await used(t);
  const { suspended, memory } = generationPaths(state, 'office', 1);
  for (const path of [suspended, memory]) writeFileSync(path, '{}');

  await changesOf(state).reimage(ROOT, 'office', { dataDisk: false, confirmed: true });

  assert.deepEqual([existsSync(suspended), existsSync(memory)], [false, false]);
});

test('the data disk is emptied where that is asked for, and keeps its size', { skip }, async (t) => {
  const { state } = await used(t);
  const { data } = instancePaths(state, 'office');
  assert.match(await contentOf(data), /written/);

  await changesOf(state).reimage(ROOT, 'office', { dataDisk: true, confirmed: true });

  assert.equal(await contentOf(data), `${64 << 20} bytes, empty`);
});

test('a machine that runs, or is about to, is not put back', { skip }, async (t) => {
  const { state, overlay } = await used(t);
  const before = await digestFile(overlay);
  const changes = changesOf(state, new Map([['office', 1]]));
  await assert.rejects(changes.reimage(ROOT, 'office', { dataDisk: false, confirmed: true }), code('VM_RUNNING'));
  await assert.rejects(changes.reimage(ROOT, 'other', { dataDisk: false, confirmed: true }), code('VM_UNKNOWN'));
  assert.deepEqual(await digestFile(overlay), before);
});

test('fact 4: what a policy package changes has no effect on an installed machine, and is no failure', {
  skip,
}, async (t) => {
  const { project, install, state } = await used(t, { isAllowed: false });
  const again = () => changesOf(state).reimage(ROOT, 'office', { dataDisk: false, confirmed: true });
  await assert.rejects(again(), code('REIMAGE_FORBIDDEN'));
  await project.setPolicy({ reimage: { enabled: true } });

  await install((await project.build('two', { kind: 'policy' })).folder);

  await assert.rejects(again(), code('REIMAGE_FORBIDDEN'));
});

test('fact 5: the same change in a package that holds the machine has effect', { skip }, async (t) => {
  const { project, install, state } = await used(t, { isAllowed: false });
  await project.setPolicy({ reimage: { enabled: true } });

  await install((await project.build('two')).folder, { replace: true });

  assert.equal((await changesOf(state).reimage(ROOT, 'office', { dataDisk: false, confirmed: true })).generation, 2);
});

test('killed after any of its steps, the machine is put back before it is used again; its data disk is as asked', {
  skip,
}, async (t) => {
  const { state, installed } = await used(t);
  const data = await digestFile(instancePaths(state, 'office').data);
  const whole = copyOf(t, state);
  const steps = await change(whole, '-', ['reimage', 'office']);
  for (const step of steps)
    await t.test(`killed after “${step}”`, async (sub) => {
      const copy = copyOf(sub, state);
      await change(copy, step, ['reimage', 'office']);
      const { current } = await openInstance(copy, 'office');
      if (await isReimaging(copy, 'office', 1)) await finishReimage(copy, 'office', current);

      assert.equal(await requireBootable(copy), 1);
      assert.equal(await contentOf(generationPaths(copy, 'office', 1).overlay), installed);
      assert.deepEqual(await readReported(copy, 'office', 1), { descriptor: V1, origin: 'package' });
      assert.deepEqual(await digestFile(instancePaths(copy, 'office').data), data);
      assert.deepEqual(listing(copy), listing(whole));
    });
});

test('a damaged note of it leaves the data disk alone', { skip }, async (t) => {
  const { state, installed } = await used(t);
  const data = await digestFile(instancePaths(state, 'office').data);
  writeFileSync(generationPaths(state, 'office', 1).reimage, '{');

  await finishReimage(state, 'office', (await openInstance(state, 'office')).current);

  assert.equal(await contentOf(generationPaths(state, 'office', 1).overlay), installed);
  assert.deepEqual(await digestFile(instancePaths(state, 'office').data), data);
  assert.equal(await isReimaging(state, 'office', 1), false);
});
