import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { madeProject, PASSPHRASE, scratch } from '../../fakes/made-project.ts';
import { threeVersions } from '../../fakes/quarantine.ts';

const main = (page: Page) => page.getByRole('main');
const choose = async (page: Page, label: string, option: string) => {
  await page.getByRole('combobox', { name: label }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
};

async function describe(page: Page, name: string, out: string): Promise<void> {
  await page.getByLabel('Name of the package').fill(name);
  await page.getByLabel('Folder that receives it').fill(out);
  await page.getByLabel('Passphrase of the project’s keys').fill(PASSPHRASE);
}

test('an administrator sees the plan of a package, makes it, and sees its sizes; what would not be made is refused', {
  skip: whyNoBrowser(),
}, async (t) => {
  const project = await madeProject(t);
  await project.setPolicy({ quarantine: threeVersions() });
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  const show = page.getByRole('button', { name: 'Show the plan' });
  const make = page.getByRole('button', { name: 'Make the package' });

  await t.test('before anything is built, the plan says what every rule means', async () => {
    await page.getByRole('link', { name: 'Packages', exact: true }).click();
    await main(page).getByRole('link', { name: 'Make a package' }).first().click();
    assert.equal(await make.count(), 0);
    await show.click();
    const plan = page.getByRole('region', { name: 'The plan' });
    await plan.getByText('Machine office: release 1').waitFor();
    await plan.getByText('Policy of office, for the first time').waitFor();
    assert.equal(existsSync(project.out), false);
  });

  await t.test('the plan stands just before its making, which says what it waits for', async () => {
    const top = async (of: Locator) => (await of.boundingBox())?.y ?? Number.NaN;
    const plan = page.getByRole('region', { name: 'The plan' });
    assert.ok((await top(page.getByLabel('Or recipients whose keys open it'))) < (await top(plan)));
    assert.ok((await top(plan)) < (await top(make)));
    const missing = 'Still missing: Name of the package, Folder that receives it, Passphrase of the project’s keys';
    await page.getByText(missing, { exact: true }).waitFor();
    await page.getByLabel('Folder that receives it').fill('packages');
    await page.getByText(/^Still missing:.*a whole path for the folder, which begins with \//).waitFor();
  });

  await t.test('the package is made as a task, and its parts are shown with their sizes', async () => {
    assert.ok(await make.isDisabled());
    await describe(page, 'office-1', project.out);
    await choose(page, 'Compression', 'fast');
    await page.getByLabel('What is new').fill('The first one.');
    await make.click();
    await page.getByText('office-1 is made, generation 1.').waitFor();
    await page
      .getByRole('table', { name: 'Sizes by part' })
      .getByRole('row', { name: /office 1 MiB/ })
      .waitFor();
    assert.ok(existsSync(join(project.out, 'office-1')));
    assert.equal(await page.getByLabel('Passphrase of the project’s keys').inputValue(), '');
    await page.getByRole('link', { name: 'Packages', exact: true }).click();
    await page.getByRole('row', { name: /office-1/ }).waitFor();
  });

  await t.test(
    'with a passphrase of its own it is encrypted, once both are alike; Lazaret itself goes with it, and alone is a reason',
    async () => {
      await manager.goto('/packages/new');
      await page.getByLabel('Lazaret itself').fill(project.folder);
      await show.click();
      await main(page).getByText('LAZARET_FOLDER').waitFor();
      const debs = scratch(t);
      for (const processor of ['amd64', 'arm64'])
        writeFileSync(join(debs, `lazaret_9.9.9_${processor}.deb`), '!<arch>\ndebian-binary   ');
      await page.getByLabel('Lazaret itself').fill(debs);
      await show.click();
      await page.getByText('Lazaret 9.9.9 goes with it, for amd64 and arm64').waitFor();
      await describe(page, 'office-2', project.out);
      await choose(page, 'Compression', 'fast');
      const [first, again] = ['Passphrase that opens the package', 'The same passphrase once more'];
      await page.getByLabel(first).fill('four words upon a stick');
      await page.getByLabel(again).fill('four words upon a stone');
      await page.getByText('The two passphrases differ.').waitFor();
      assert.ok(await make.isDisabled());
      await page.getByText('Still missing: The same passphrase once more', { exact: true }).waitFor();
      await page.getByLabel(again).fill('four words upon a stick');
      await make.click();
      await page.getByText('office-2 is made, generation 2.').waitFor();
      assert.deepEqual(readdirSync(join(project.out, 'office-2')), ['blobs', 'encrypted.json', 'install', 'lazaret']);
      assert.equal(await page.getByLabel(first).inputValue(), '');
    },
  );

  await t.test('what would not be made has its reason in the plan, and no way to make it', async () => {
    await manager.goto('/packages/new');
    await choose(page, 'Kind', 'update');
    await page.getByLabel('For computers with at least release').fill('7');
    await show.click();
    await main(page).getByRole('alert').first().waitFor();
    assert.equal(await make.count(), 0);
    await choose(page, 'Kind', 'policies only');
    await main(page).getByRole('alert').first().waitFor({ state: 'detached' });
  });
});

test('a build that is cancelled in another tab leaves nothing, and both tabs say so', {
  skip: whyNoBrowser(),
}, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), { diskBytes: 48 << 20 });
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  await manager.goto('/packages/new');
  await page.getByRole('button', { name: 'Show the plan' }).click();
  await describe(page, 'office-1', project.out);
  await choose(page, 'Compression', 'smallest, takes longest');
  await page.getByRole('button', { name: 'Make the package' }).click();
  await page.getByText('Packing: office').waitFor();

  const other = await page.context().newPage();
  await other.goto(`${manager.origin}/packages/new`);
  await other.getByText('Cancel leaves nothing of it.').waitFor();
  await other.getByRole('button', { name: 'Cancel' }).click();

  await page.getByText('Cancelled. Nothing of it is left, and its name is free.').waitFor();
  assert.equal(existsSync(join(project.out, 'office-1')), false);
});

test('making a package holds up: keyboard, screen reader, both themes, phone and wide screen', {
  skip: whyNoBrowser(),
}, async (t) => {
  const project = await madeProject(t);
  await project.addVm('a-machine-whose-name-has-40-characters-x');
  await project.setPolicy({ quarantine: threeVersions() });
  await using manager = await ManagerInBrowser.open(project.folder, { locale: 'de-DE' });
  const { page } = manager;
  await manager.holdsUp('/packages', () => page.getByText('noch kein Paket'), 'manager-packages-none');
  await manager.goto('/packages/new');
  const planned = () => page.getByText('Richtlinie von office, zum ersten Mal');
  // Each width loads it anew; the plan is asked for by keyboard.
  page.on('load', () => void page.getByRole('button', { name: 'Plan zeigen' }).press('Enter'));
  await manager.holdsUp('/packages/new', planned, 'manager-make-package');
  await page.getByLabel('Passphrase der Schlüssel des Projekts').fill(PASSPHRASE);
  await page.getByLabel('Name des Pakets').fill('office-1');
  await page.getByLabel('Ordner, der es aufnimmt').fill(project.out);
  await page.getByRole('button', { name: 'Paket herstellen' }).click();
  await page.getByRole('table', { name: 'Größen nach Teilen' }).waitFor();
  await page.getByRole('table', { name: 'Größen nach Teilen' }).scrollIntoViewIfNeeded();
  await manager.shoot('manager-package-made');
  assert.deepEqual(manager.complaints, []);
});
