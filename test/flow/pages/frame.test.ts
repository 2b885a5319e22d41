import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { vmPaths } from '../../../src/project/layout.ts';
import { failureIn, program } from '../../fakes/command-line.ts';
import { madeProject, scratch } from '../../fakes/made-project.ts';
import { threeVersions } from '../../fakes/quarantine.ts';

test('an administrator sees his project in a page: machines, what waits, what is wrong', {
  skip: whyNoBrowser(),
}, async (t) => {
  const project = await madeProject(t);
  await project.addVm('a-machine-whose-name-has-40-characters-x');
  await project.setPolicy({ quarantine: threeVersions() });
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;

  await t.test('the summary has the machines, and says what is neither deployed nor released', async () => {
    await page.getByRole('heading', { level: 1, name: 'Acme' }).waitFor();
    await page.getByRole('row', { name: /office version-based/ }).waitFor();
    const waiting = page.getByRole('region', { name: 'What computers and packages do not have yet' });
    await waiting.getByRole('link', { name: '1 change not deployed' }).waitFor();
    await waiting.getByRole('link', { name: '2 machines not released' }).waitFor();
  });

  await t.test('its commands are those of the machine that is chosen', async () => {
    const commands = page.getByRole('region', { name: 'Commands' });
    await commands.getByLabel('Machine').selectOption('office');
    for (const [name, path] of [
      ['Edit network quarantine policy', '/machines/office/quarantine'],
      ['Start in preview, or power on', '/machines/office/run'],
      ['Make a package', '/packages/new'],
      ['Deploy policy', '/deployments'],
    ])
      assert.equal(await commands.getByRole('link', { name: name ?? '' }).getAttribute('href'), path);
  });

  await t.test('a deploy at the command line is on the page without a reload', async () => {
    await project.deploy();
    await page.getByRole('link', { name: '1 change not deployed' }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Deployments', exact: true }).click();
    await page.getByText('Computers are told all that the project says.').waitFor();
  });

  await t.test(
    'a policy file that is damaged is a problem with its field, and the machine is shown as damaged',
    async () => {
      await page.getByRole('link', { name: 'Project', exact: true }).click();
      // What is shown of deployments cannot be read from a damaged file, and the browser complains of the refusal.
      await page.getByRole('heading', { level: 1, name: 'Acme' }).waitFor();
      const { policy } = vmPaths(project.folder, 'office');
      writeFileSync(policy, 'format: 1\nquarantine:\n  type: static\n  mode: sometimes\n');
      await page.getByLabel('2 found').waitFor();
      await page.getByRole('link', { name: /^Problems/ }).click();
      await page.getByText(/vms\/office\/policy.yaml: quarantine.mode/).waitFor();
      await page.getByRole('link', { name: 'Machines', exact: true }).click();
      await page.getByText('damaged').waitFor();
    },
  );

  await t.test('the keys: / goes to a machine by name, ? shows the keys, Esc closes', async () => {
    await page.keyboard.press('/');
    await page.getByRole('combobox', { name: 'A machine or a part of the project' }).fill('a-mach');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /^a-machine-whose/ }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'detached' });
  });
  assert.deepEqual(manager.complaints, []);
});

test('every part of the manager’s page holds up: keyboard, screen reader, both themes, phone and wide screen', {
  skip: whyNoBrowser(),
}, async (t) => {
  const project = await madeProject(t);
  await project.addVm('a-machine-whose-name-has-40-characters-x');
  await project.setPolicy({ quarantine: threeVersions() });
  await project.build('office-1');
  await project.deploy();
  await using manager = await ManagerInBrowser.open(project.folder, { locale: 'de-DE' });

  await manager.holdsUp('/', (page) => page.getByText('nach Version'), 'manager-project');
  await manager.holdsUp('/machines', (page) => page.getByText('nach Version'), 'manager-machines');
  await manager.holdsUp('/machines/office', (page) => page.getByText('64 MiB'), 'manager-machine');
  await manager.holdsUp('/packages', (page) => page.getByText('vollständig'), 'manager-packages');
  await manager.holdsUp('/deployments', (page) => page.getByText('Gilt bis'), 'manager-deployments');
  await manager.holdsUp('/problems', (page) => page.getByRole('heading', { level: 1 }), 'manager-problems');
  assert.deepEqual(manager.complaints, []);
});

test('the link of the page opens it once; a folder without a project opens none', {
  skip: whyNoBrowser(),
}, async (t) => {
  const project = await madeProject(t);
  await using manager = await ManagerInBrowser.open(project.folder);
  const other = await manager.browser.browser.newContext();
  const denied = await (await other.newPage()).goto(manager.origin);
  assert.equal(denied?.status(), 403);
  const folder = scratch(t);
  writeFileSync(join(folder, 'notes.txt'), '');
  const none = await program('lazaret-manager', ['-C', folder, 'ui', '--no-browser', '--json']);
  assert.deepEqual([none.status, failureIn(none).code], [66, 'PROJECT_MISSING']);
});

test('a project’s folder that is moved away under an open page is said, and found again when it is back', {
  skip: whyNoBrowser(),
}, async (t) => {
  const project = await madeProject(t);
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  await page.getByRole('row', { name: /office/ }).waitFor();
  const away = join(project.folder, '..', 'away');

  renameSync(project.folder, away);
  await page.getByText('PROJECT_MISSING').waitFor();
  renameSync(away, project.folder);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('row', { name: /office/ }).waitFor();
});

test('a project’s name that is markup is text', { skip: whyNoBrowser() }, async (t) => {
  const name = '<img src=x onerror=document.title=1>';
  const project = await madeProject(t, name);
  await using manager = await ManagerInBrowser.open(project.folder);
  await manager.page.getByRole('heading', { level: 1, name }).waitFor();
  assert.equal(await manager.page.locator('img').count(), 0);
});

test('a part of the page that cannot be fetched is said in words, and is there once it can', {
  skip: whyNoBrowser(),
}, async (t) => {
  const project = await madeProject(t);
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  await page.route('**/SettingsPage*', (route) => route.abort());

  await manager.goto('/settings');
  const said = page.getByRole('alert').filter({ hasText: 'This page cannot be shown.' });
  await said.waitFor();
  assert.equal(await page.getByText('Unexpected Application Error').count(), 0);

  await page.unroute('**/SettingsPage*');
  await said.getByRole('button', { name: 'Load again' }).click();
  await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
});
