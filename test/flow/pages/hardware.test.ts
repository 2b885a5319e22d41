import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { vmPaths } from '../../../src/project/layout.ts';
import { openProject } from '../../../src/project/open.ts';
import { program } from '../../fakes/command-line.ts';
import { bootableNoise } from '../../fakes/disk-image.ts';
import { madeProject, scratch } from '../../fakes/made-project.ts';

const NEEDS = { skip: whyNoBrowser() };
const MIB = 1 << 20;

async function fileOf(folder: string, vm: string) {
  return (await openProject(folder)).vms.find(({ name }) => name === vm)?.file.value;
}

test('a machine’s hardware is changed in the page as vm set changes it', NEEDS, async (t) => {
  const project = await madeProject(t);
  const { file } = vmPaths(project.folder, 'office');
  writeFileSync(file, `# ours\n${readFileSync(file, 'utf8')}`);
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  const save = page.getByRole('button', { name: 'Save' });
  const saved = page.getByText('Saved. Users get it with the next package that has the machine.');
  await manager.goto('/machines/office');
  await page.getByRole('link', { name: 'Edit hardware' }).click();
  await page.getByText('Users get new hardware with the next package that has the machine.').waitFor();

  await t.test('what is put back to how it was, or is empty, is nothing to be saved', async () => {
    await page.getByRole('switch', { name: 'TPM 2.0' }).click();
    assert.ok(await save.isEnabled());
    await page.getByRole('switch', { name: 'TPM 2.0' }).click();
    assert.ok(await save.isDisabled());
    await page.getByLabel('Memory').fill('');
    await page.getByText('Still missing: Memory', { exact: true }).waitFor();
    assert.ok(await save.isDisabled());
    await page.getByRole('button', { name: 'Discard' }).click();
  });

  await t.test(
    'Secure Boot without UEFI is refused as the command line refuses it, and nothing is written',
    async () => {
      const before = readFileSync(file, 'utf8');
      const { stdout } = await program('lazaret-manager', [
        ...['-C', project.folder, 'vm', 'set', 'office', '--secure-boot', '--json'],
      ]);
      const { code, reason } = JSON.parse(stdout).error;
      await page.getByRole('switch', { name: 'Secure Boot' }).click();
      await save.click();
      await page.getByRole('alert').getByText(reason).waitFor();
      await page.getByText(code, { exact: true }).waitFor();
      assert.equal(readFileSync(file, 'utf8'), before);
    },
  );

  await t.test('with UEFI it is saved, and a TPM with it; the summary says so', async () => {
    await page.getByRole('combobox', { name: 'Starts by' }).click();
    await page.getByRole('option', { name: 'UEFI' }).click();
    await page.getByRole('switch', { name: 'TPM 2.0' }).click();
    await page.getByLabel('Memory').fill('4096');
    await save.click();
    await saved.waitFor();
    assert.match(readFileSync(file, 'utf8'), /^# ours/);
    const { firmware, tpm, secureBoot, memoryMiB } = (await fileOf(project.folder, 'office')) ?? {};
    assert.deepEqual([firmware, tpm, secureBoot, memoryMiB], ['uefi', true, true, 4096]);
    await manager.goto('/machines/office');
    await page.getByText(/4 GiB of memory, .*starts by UEFI, Secure Boot, TPM 2\.0/).waitFor();
  });

  await t.test('the later of two writers is told before and when he saves; he goes on with what is now', async () => {
    await manager.goto('/machines/office/hardware');
    await page.getByRole('switch', { name: 'TPM 2.0' }).click();
    await program('lazaret-manager', ['-C', project.folder, 'vm', 'set', 'office', '--cpus', '3']);
    await page.getByText('Somebody else has changed this hardware meanwhile.').waitFor();
    await save.click();
    await page.getByText('PROJECT_CHANGED').waitFor();
    await page.getByRole('button', { name: 'Show it with my changes' }).click();
    await save.click();
    await saved.waitFor();
    const { tpm, cpus } = (await fileOf(project.folder, 'office')) ?? {};
    assert.deepEqual([tpm, cpus], [false, 3]);
  });
});

test('a machine is added with a TPM and Secure Boot; without UEFI the latter is refused', NEEDS, async (t) => {
  const project = await madeProject(t);
  const disk = join(scratch(t), 'disk.raw');
  writeFileSync(disk, bootableNoise(4 * MIB));
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  const choose = async (name: string, option: string) => {
    await page.getByRole('combobox', { name }).click();
    await page.getByRole('option', { name: option, exact: true }).click();
  };
  const add = page.getByRole('button', { name: 'Add', exact: true });
  await manager.goto('/add-machine');
  await page.getByLabel('Name').fill('desk');
  await page.locator('input[type=file]').setInputFiles(disk);
  await choose('TPM 2.0', 'yes');
  await choose('Secure Boot', 'yes');
  await choose('Starts by', 'BIOS');
  await add.click();
  await page.getByRole('alert').getByText('Secure Boot is UEFI’s: it goes with no other firmware').waitFor();
  await manager.shoot('manager-add-machine-refused');

  await choose('Starts by', 'UEFI');
  await add.click();

  await page.getByText('desk is added; it starts by UEFI.').waitFor();
  const { firmware, tpm, secureBoot } = (await fileOf(project.folder, 'desk')) ?? {};
  assert.deepEqual([firmware, tpm, secureBoot], ['uefi', true, true]);
});

test('a description that is looked at says whether its machine has them', NEEDS, async (t) => {
  const project = await madeProject(t);
  const folder = scratch(t);
  writeFileSync(join(folder, 'disk.raw'), bootableNoise(4 * MIB));
  const settings = {
    ...{ 'config.version': '8', 'virtualHW.version': '21', memsize: '2048', guestOS: 'windows11-64' },
    ...{ firmware: 'efi', 'uefi.secureBoot.enabled': 'TRUE', 'vtpm.present': 'TRUE' },
    ...{ 'sata0.present': 'TRUE', 'sata0:0.present': 'TRUE', 'sata0:0.fileName': 'disk.raw' },
  };
  const file = join(folder, 'win.vmx');
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([key, value]) => `${key} = "${value}"\n`)
      .join(''),
  );
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  await manager.goto('/add-machine');
  await page.getByLabel('Name').fill('win');
  await page.getByText('A path', { exact: true }).click();
  await page.getByLabel('Path on the computer of the manager').fill(file);
  await page.getByRole('button', { name: 'See what becomes of it' }).click();
  await page.getByText('it had a TPM and gets a new TPM 2.0').waitFor();

  for (const name of ['TPM 2.0', 'Secure Boot'])
    assert.equal(await page.getByRole('combobox', { name }).inputValue(), 'yes');
});

test('the hardware page holds up', NEEDS, async (t) => {
  const project = await madeProject(t);
  await using manager = await ManagerInBrowser.open(project.folder, { locale: 'de-DE' });
  await manager.holdsUp('/machines/office/hardware', (page) => page.getByLabel('Speicher'), 'manager-hardware');
  assert.deepEqual(manager.complaints, []);
});
