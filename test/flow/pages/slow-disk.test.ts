import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { openProject } from '../../../src/project/open.ts';
import { madeProject, scratch } from '../../fakes/made-project.ts';

const NEEDS = { skip: whyNoBrowser() };
const SLOW_DISK = join(import.meta.dirname, '..', '..', 'fakes', 'slow-disk.ts');

/** The manager’s page, by its real process, of a project on a disk that stands still while it is wanted. */
async function onSlowDisk(t: TestContext) {
  const project = await madeProject(t);
  const mark = join(scratch(t), 'slow');
  const manager = await ManagerInBrowser.open(project.folder, {}, [], {
    NODE_OPTIONS: `--import=${SLOW_DISK}`,
    SLOW_DISK: project.folder,
    SLOW_WHILE: mark,
  });
  t.after(() => manager[Symbol.asyncDispose]());
  await manager.page.getByRole('heading', { name: 'Summary' }).waitFor();
  return {
    ...project,
    manager,
    stands: () => writeFileSync(mark, ''),
    goesOn: () => rmSync(mark),
  };
}

test(
  'a project on a slow disk: the page says that it waits, and has what it waited for when it comes',
  NEEDS,
  async (t) => {
    const { manager, stands, goesOn } = await onSlowDisk(t);
    const { page } = manager;
    stands();
    await manager.goto('/machines');
    await page.getByText('This takes long: the disk may be slow, or busy.').waitFor();
    goesOn();
    await page.getByRole('row', { name: /^office/ }).waitFor();
    assert.equal(await page.getByText('This takes long').count(), 0);
    assert.deepEqual(manager.complaints, []);
  },
);

test('who does not want to wait for a slow disk stops, and tries again later', NEEDS, async (t) => {
  const { manager, stands, goesOn } = await onSlowDisk(t);
  const { page } = manager;
  stands();
  await manager.goto('/machines');
  await page.getByRole('button', { name: 'Stop waiting' }).click();
  await page.getByText('It is not being waited for any more; nothing was changed.').waitFor();
  goesOn();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('row', { name: /^office/ }).waitFor();
});

test('what is saved to a slow disk is said to be on its way, and is saved once', NEEDS, async (t) => {
  const { manager, stands, goesOn, folder } = await onSlowDisk(t);
  const { page } = manager;
  await manager.goto('/settings');
  await page.getByLabel('Name').fill('Acme of tomorrow');
  stands();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saving takes long: the disk may be slow, or busy.').waitFor();
  goesOn();
  await page.getByText('Saving takes long').waitFor({ state: 'detached' });
  assert.equal((await openProject(folder)).file.value.name, 'Acme of tomorrow');
});

test('a disk image that is sent to a slow disk: the page says that it waits, and it comes whole', NEEDS, async (t) => {
  const { manager, stands, goesOn, folder } = await onSlowDisk(t);
  const { page } = manager;
  const image = join(scratch(t), 'lab.raw');
  writeFileSync(image, randomBytes(8 << 20));
  await manager.goto('/add-machine');
  await page.getByLabel('Name').fill('lab');
  await page.locator('input[type=file]').setInputFiles(image);
  await page.getByRole('combobox', { name: 'Format' }).click();
  await page.getByRole('option', { name: 'raw' }).click();
  // Not before the file begins to come.
  await page.route('**/disk', async (route) => {
    stands();
    await route.continue();
  });
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('Taking the file: lab.raw').waitFor();
  await page.getByText('This takes long: the disk may be slow, or busy.').waitFor();
  goesOn();
  await page.getByText('lab is added; it starts by BIOS.').waitFor();
  assert.deepEqual(
    (await openProject(folder)).vms.map(({ name }) => name),
    ['lab', 'office'],
  );
});
