import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { accessibilityFaults, whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { foundProject } from '../../../src/manager/found-project.ts';
import { projectPaths, vmPaths } from '../../../src/project/layout.ts';
import { openProject } from '../../../src/project/open.ts';
import { bootableNoise } from '../../fakes/disk-image.ts';
import { ova } from '../../fakes/foreign-machine.ts';
import { madeProject, PASSPHRASE, scratch } from '../../fakes/made-project.ts';

const MIB = 1 << 20;

async function chooseRaw(page: Page): Promise<void> {
  await page.getByRole('combobox', { name: 'Format' }).click();
  await page.getByRole('option', { name: 'raw' }).click();
}

test('an administrator adds a machine from a file of his, from a path, and is told what is no disk', {
  skip: whyNoBrowser(),
}, async (t) => {
  const project = await madeProject(t);
  const path = join(scratch(t), 'image.raw');
  writeFileSync(path, randomBytes(4 * MIB));
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  const name = page.getByLabel('Name');
  const add = page.getByRole('button', { name: 'Add', exact: true });

  await t.test('a file that is chosen is sent, and becomes a machine with its hardware', async () => {
    await page.getByRole('link', { name: 'Machines', exact: true }).click();
    await page.getByRole('link', { name: 'Add virtual machine' }).click();
    assert.ok(await add.isDisabled());
    await page.getByText('Still missing: Name, File', { exact: true }).waitFor();
    await name.fill('lab');
    await page.getByText('Still missing: File', { exact: true }).waitFor();
    await page.locator('input[type=file]').setInputFiles(path);
    await page.getByText('4 MiB').waitFor();
    await chooseRaw(page);
    await page.getByLabel('Memory').fill('256');
    await page.getByLabel('Data disk').fill('1');
    await add.click();
    await page.getByText('lab is added; it starts by BIOS.').waitFor();
    const lab = (await openProject(project.folder)).vms.find((vm) => vm.name === 'lab');
    assert.deepEqual([lab?.file.value.memoryMiB, lab?.file.value.cpus], [256, 2]);
    await page.getByRole('link', { name: 'To lab' }).click();
    await page.getByText('data disk of 1 GiB').waitFor();
  });

  await t.test('a file that is dragged in is chosen; one that is no disk is refused by its name', async () => {
    await manager.goto('/add-machine');
    await name.fill('holiday');
    const dataTransfer = await page.evaluateHandle(`
      const files = new DataTransfer();
      files.items.add(new File(['no disk at all'.repeat(1000)], 'holiday.txt'));
      files;
    `);
    await page.getByRole('group', { name: /^Disk image/ }).dispatchEvent('drop', { dataTransfer });
    await page.getByText('holiday.txt').waitFor();
    await add.click();
    await page
      .getByRole('alert')
      .getByText(/^holiday\.txt is not a disk image/)
      .waitFor();
    await page.getByText('DISK_UNKNOWN').waitFor();
    assert.equal(existsSync(vmPaths(project.folder, 'holiday').folder), false);
  });

  await t.test(
    'a machine of another program says its hardware, and what is not taken over, before it is added',
    async () => {
      const folder = scratch(t);
      writeFileSync(join(folder, 'disk.raw'), bootableNoise(4 * MIB));
      const file = await ova(folder, join(folder, 'disk.raw'), { memory: [3, 'byte * 2^30'], cpus: 4 });
      await manager.goto('/add-machine');
      await name.fill('brought');
      await page.getByText('A path', { exact: true }).click();
      await page.getByLabel('Path on the computer of the manager').fill(file);
      await page.getByRole('button', { name: 'See what becomes of it' }).click();
      await page.getByText('its disk was on SCSI and is on virtio now').waitFor();
      assert.match(await page.getByLabel('Memory').inputValue(), /^3072/);
      assert.deepEqual(await accessibilityFaults(page), []);
      await add.click();
      await page.getByText('brought is added; it starts by BIOS.').waitFor();
      const brought = (await openProject(project.folder)).vms.find((vm) => vm.name === 'brought');
      assert.deepEqual([brought?.file.value.memoryMiB, brought?.file.value.cpus], [3072, 4]);
    },
  );

  await t.test('an OVA that is sent says its hardware itself', async () => {
    const folder = scratch(t);
    writeFileSync(join(folder, 'disk.raw'), bootableNoise(4 * MIB));
    const file = await ova(folder, join(folder, 'disk.raw'), { memory: [512, 'MegaBytes'], cpus: 3 });
    await manager.goto('/add-machine');
    await name.fill('sent');
    await page.locator('input[type=file]').setInputFiles(file);
    await page.getByText('The file itself says memory and processors.').waitFor();
    assert.ok(await page.getByLabel('Memory').isDisabled());
    await add.click();
    await page.getByText('sent is added; it starts by BIOS.').waitFor();
    await page.getByText('its disk was on SCSI').waitFor();
    const sent = (await openProject(project.folder)).vms.find((vm) => vm.name === 'sent');
    assert.deepEqual([sent?.file.value.memoryMiB, sent?.file.value.cpus], [512, 3]);
  });

  await t.test('a path of this computer; a name that is taken is refused in words', async () => {
    await manager.goto('/add-machine');
    await name.fill('office');
    await page.getByText('A path', { exact: true }).click();
    await page.getByLabel('Path on the computer of the manager').fill('image.raw');
    await page.getByText('Still missing: a whole path, which begins with /').waitFor();
    await page.getByLabel('Path on the computer of the manager').fill(path);
    await page.getByText('Still missing').waitFor({ state: 'detached' });
    await chooseRaw(page);
    await add.click();
    await page.getByText('VM_EXISTS').waitFor();
    await name.fill('desk');
    await add.click();
    await page.getByText('desk is added; it starts by BIOS.').waitFor();
    assert.ok(existsSync(vmPaths(project.folder, 'desk').work));
  });
  assert.equal(existsSync(projectPaths(project.folder).uploads), false);
});

test('a disk whose sending is cancelled leaves nothing, and the page says so', { skip: whyNoBrowser() }, async (t) => {
  const project = await madeProject(t);
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  await manager.goto('/add-machine');
  // The file does not come: its sending is held back until it is over.
  await page.route('**/disk', () => undefined);
  await page.getByLabel('Name').fill('lab');
  await page.locator('input[type=file]').setInputFiles({ name: 'lab.raw', mimeType: '', buffer: randomBytes(MIB) });
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('Taking the file: lab.raw').waitFor();
  await page.getByText('0 B / 1 MiB').waitFor();

  await page.getByRole('button', { name: 'Cancel' }).click();

  await page.getByText('Cancelled. Nothing of it is left in the project.').waitFor();
  assert.equal(existsSync(projectPaths(project.folder).uploads), false);
  assert.equal(existsSync(vmPaths(project.folder, 'lab').folder), false);
});

test('a project without machines leads to the page that adds one, which holds up in both themes and on a phone', {
  skip: whyNoBrowser(),
}, async (t) => {
  const folder = join(scratch(t), 'empty');
  await foundProject(folder, { name: 'Empty', passphrase: PASSPHRASE, now: Date.now() });
  await using manager = await ManagerInBrowser.open(folder, { locale: 'de-DE' });
  await manager.goto('/machines');
  await manager.page.getByRole('main').getByRole('link', { name: 'Virtuelle Maschine hinzufügen' }).first().waitFor();
  await manager.holdsUp('/machines', (page) => page.getByText('noch keine Maschine'), 'manager-machines-none');
  await manager.holdsUp('/add-machine', (page) => page.getByText('Plattenabbild'), 'manager-add-machine');
  assert.deepEqual(manager.complaints, []);
});
