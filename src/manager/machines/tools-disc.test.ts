import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { madeProject } from '../../../test/fakes/made-project.ts';
import type { MachineDevices } from '../../policy/parts/machine-devices.ts';
import { vmPaths } from '../../project/layout.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import type { Saved } from '../../run/suspend/resume.ts';
import type { SavedState } from '../../run/suspend/saved-state.ts';
import { takeToolsDisc } from './tools-disc.ts';

const PLACE = { note: '', memory: '' };
const SAVED: SavedState = {
  ...{ format: 1, vm: 'office', suspendedAt: '2026-11-28T10:00:00.000Z', memoryBytes: 1, qemu: '7.2', generation: 1 },
  ...{ processor: 'software', hardware: '0'.repeat(64), files: [] },
};
const WITH_DISC: Saved = {
  place: PLACE,
  state: { ...SAVED, files: [{ name: 'the disc in its drive', bytes: 1, changedAt: '1' }] },
};

test('a machine of the project has the CD with the guest tools for the run that it was wanted for, and goes on with it where it had it', async (t) => {
  const project = await madeProject(t);
  const vm = vmNamed(await openProject(project.folder), 'office');
  const paths = vmPaths(project.folder, 'office');
  const take = (isWanted: boolean, saved?: Saved) => takeToolsDisc(vm, paths, { isWanted, saved, isRunning: false });
  const volume = () => readFileSync(paths.toolsDisc).toString('latin1', 32_808, 32_821);

  await t.test('it is made for a run, and is gone after it', async () => {
    writeFileSync(paths.toolsDisc, 'left by a run that was killed');
    {
      await using tools = await take(true);
      assert.equal(tools.disc, paths.toolsDisc);
      assert.equal(volume(), 'LAZARET_TOOLS');
    }
    assert.equal(existsSync(paths.toolsDisc), false);
    await using none = await take(false);
    assert.equal(none.disc, undefined);
  });

  await t.test('suspended, it keeps it and goes on with it, asked for or not; it goes with the memory', async () => {
    writeFileSync(paths.suspended, '');
    await (await take(true))[Symbol.asyncDispose]();
    assert.equal(volume(), 'LAZARET_TOOLS');
    for (const isWanted of [true, false]) {
      await using tools = await take(isWanted, WITH_DISC);
      assert.equal(tools.disc, paths.toolsDisc);
    }
    rmSync(paths.suspended);
    await (await take(false, WITH_DISC))[Symbol.asyncDispose]();
    assert.equal(existsSync(paths.toolsDisc), false);
    await assert.rejects(take(false, WITH_DISC), { code: 'SUSPENDED_UNFIT', message: /the CD .* is gone/ });
  });

  await t.test('one that was suspended without it gets no drive while it runs', async () => {
    const without: Saved = { place: PLACE, state: SAVED };
    await assert.rejects(take(true, without), { code: 'SUSPENDED_UNFIT', message: /start it without them/ });
    await using none = await take(false, without);
    assert.equal(none.disc, undefined);
  });

  await t.test(
    'booted although it is suspended, it leaves what its memory goes on with until that is lost',
    async () => {
      writeFileSync(paths.suspended, '');
      writeFileSync(paths.toolsDisc, 'what its memory knows');
      await (await take(true, { place: PLACE }))[Symbol.asyncDispose]();
      assert.equal(readFileSync(paths.toolsDisc, 'utf8'), 'what its memory knows');
    },
  );

  await t.test('four drives leave no place for one more', async () => {
    const drive = { kind: 'cd' } as const;
    const devices: MachineDevices = { a: drive, b: drive, c: drive, d: drive };
    const full = { ...vm, file: { ...vm.file, value: { ...vm.file.value, devices } } };
    await assert.rejects(takeToolsDisc(full, paths, { isWanted: true, saved: undefined, isRunning: false }), {
      code: 'VM_UNSUPPORTED',
    });
    const three = {
      ...vm,
      file: { ...vm.file, value: { ...vm.file.value, devices: { a: drive, b: drive, c: drive } } },
    };
    await using tools = await takeToolsDisc(three, paths, { isWanted: true, saved: undefined, isRunning: false });
    assert.equal(tools.disc, paths.toolsDisc);
  });
});
