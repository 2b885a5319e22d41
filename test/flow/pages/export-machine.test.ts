import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { formatBytes } from '../../../src/lib/bytes.ts';
import { addDevice } from '../../../src/manager/machines/devices.ts';
import { vmPaths } from '../../../src/project/layout.ts';
import { run } from '../../../src/sys/programs/exec.ts';
import { madeProject, scratch } from '../../fakes/made-project.ts';

const NEEDS = { skip: whyNoBrowser() };
const SLOW_DISK = join(import.meta.dirname, '..', '..', 'fakes', 'slow-disk.ts');

test('an administrator exports a machine from its page, and other programs read what lies there', NEEDS, async (t) => {
  const { folder } = await madeProject(t);
  const out = scratch(t);
  await using manager = await ManagerInBrowser.open(folder);
  const { page } = manager;
  const begin = page.getByRole('button', { name: 'Export', exact: true });

  await t.test('as OVA, which has its hardware and its disk', async () => {
    await manager.goto('/machines/office');
    await page.getByRole('link', { name: 'Export', exact: true }).click();
    await page.getByText('Its policies and its quarantine').waitFor();
    assert.ok(await begin.isDisabled());
    await page.getByText('Still missing: Folder that receives it', { exact: true }).waitFor();
    await page.getByLabel('Folder that receives it').fill('machines');
    await page.getByText(/^Still missing: a whole path for the folder/).waitFor();
    await page.getByLabel('Folder that receives it').fill(`${out}/`);
    await page.getByText(`It becomes ${out}/office.ova.`).waitFor();
    await begin.click();
    const path = join(out, 'office.ova');
    await page.getByText(/^office is exported/).waitFor();
    const size = formatBytes(statSync(path).size);
    await page.getByText(`office is exported, ${size}.`, { exact: true }).waitFor();
    await page.getByText(path, { exact: true }).waitFor();
    const { stdout } = await run('tar', ['-tf', path]);
    assert.deepEqual(stdout.split('\n'), ['office.ovf', 'office.mf', 'office-disk1.vmdk']);
    const described = await run('tar', ['-xOf', path, 'office.ovf']);
    assert.match(described.stdout, /64 MB of memory|<rasd:VirtualQuantity>64</);
  });

  await t.test('one of that name is there already: it is said, and it stays', async () => {
    await begin.click();
    await page.getByText('FILE_EXISTS', { exact: true }).waitFor();
    assert.deepEqual(readdirSync(out), ['office.ova']);
  });

  await t.test('as qcow2, under a name of its own', async () => {
    await page.getByRole('radio', { name: 'qcow2' }).check();
    await page.getByLabel('Name of the file').fill('disk/of it');
    await page.getByText('Still missing: a name for the file without /', { exact: true }).waitFor();
    await page.getByLabel('Name of the file').fill('disk of it.qcow2');
    await begin.click();
    const path = join(out, 'disk of it.qcow2');
    await page.getByText(path, { exact: true }).waitFor();
    const { stdout } = await run('qemu-img', ['info', '--output=json', path]);
    const { format, 'virtual-size': bytes, 'backing-filename': below } = JSON.parse(stdout);
    assert.deepEqual([format, bytes, below], ['qcow2', 1 << 20, undefined]);
    await run('qemu-img', ['compare', '-q', '-U', path, vmPaths(folder, 'office').work]);
  });

  await t.test('what its users may connect is said not to go with it', async () => {
    const what = page.getByText('The devices that its users may connect', { exact: false });
    await manager.goto('/machines/office/export');
    await page.getByText('Its policies and its quarantine').waitFor();
    assert.equal(await what.count(), 0, 'it has none');
    await addDevice(folder, 'office', 'lan', { kind: 'network', network: 'nat' });
    await manager.goto('/machines/office/export');
    await what.waitFor();
  });

  await t.test('one that is suspended is shut down first, and the page says so', async () => {
    writeFileSync(vmPaths(folder, 'office').suspended, '');
    await manager.goto('/machines/office/export');
    await page.getByText('start it and shut it down first').waitFor();
    await page.getByLabel('Folder that receives it').fill(out);
    assert.ok(await begin.isDisabled());
  });
  assert.deepEqual(manager.complaints, []);
});

test('an export goes on while its page is loaded anew, and one that is cancelled leaves nothing', NEEDS, async (t) => {
  const { folder } = await madeProject(t);
  const [out, mark] = [join(scratch(t), 'out'), join(scratch(t), 'slow')];
  mkdirSync(out);
  await using manager = await ManagerInBrowser.open(folder, {}, [], {
    NODE_OPTIONS: `--import=${SLOW_DISK}`,
    SLOW_DISK: out,
    SLOW_WHILE: mark,
  });
  const { page } = manager;
  const begin = page.getByRole('button', { name: 'Export', exact: true });
  await manager.goto('/machines/office/export');
  await page.getByLabel('Folder that receives it').fill(out);
  writeFileSync(mark, '');
  await begin.click();
  await page.getByText('Cancel leaves nothing of it.').waitFor();

  await page.reload();
  await page.getByText('Copying the disk: office', { exact: true }).waitFor();
  await manager.goto('/machines');
  await page.getByRole('link', { name: 'Copying the disk office' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText(/It puts away what it made/).waitFor();
  rmSync(mark);
  await page.getByText('Cancelled. Nothing of it is left in the folder.').waitFor();
  assert.deepEqual(readdirSync(out), []);
});

test('the page of an export holds up, also of a machine without firmware and with a long name', NEEDS, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 8 });
  const long = 'a-machine-whose-name-has-40-characters-x';
  await project.addVm(long);
  const out = scratch(t);
  await using manager = await ManagerInBrowser.open(project.folder, { locale: 'de-DE' });
  const { page } = manager;
  await manager.holdsUp(`/machines/${long}`, () => page.getByRole('link', { name: 'Exportieren' }), 'manager-machine');
  await manager.holdsUp('/machines/office/export', () => page.getByText('Ihre Datenplatte'), 'manager-export');
  await manager.holdsUp(`/machines/${long}/export`, () => page.getByText(/^Ihre Richtlinien/), 'manager-export-long');
  await page.getByLabel('Ordner, der sie aufnimmt').fill(out);
  await page.getByRole('button', { name: 'Exportieren', exact: true }).click();
  await page.getByText(`${long} ist exportiert`).waitFor();
  await manager.shoot('manager-exported-1280');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByText(`${long} ist exportiert`).scrollIntoViewIfNeeded();
  await manager.shoot('manager-exported-390');
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
  assert.deepEqual(manager.complaints, []);
});
