import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { vmPaths } from '../../../src/project/layout.ts';
import { madeProject } from '../../fakes/made-project.ts';
import { threeVersions } from '../../fakes/quarantine.ts';

test('a project of 200 machines, one of which has a list of 10,000 entries: each is found and opened', {
  skip: whyNoBrowser(),
}, async (t) => {
  const project = await madeProject(t);
  const entries = Array.from({ length: 10_000 }, (_none, at) => `10.${at >> 8}.${at & 255}.0/24`);
  const office = dirname(vmPaths(project.folder, 'office').policy);
  for (let at = 1; at < 200; at += 1) copyMachine(office, join(office, '..', `vm-${at}`));
  await project.setPolicy({ quarantine: threeVersions({ normal: { entries } }) }, 'vm-199');
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  // Each answer about 200 machines reads all their files.
  page.setDefaultTimeout(120_000);

  await manager.goto('/machines');
  await page.getByRole('row', { name: /^vm-199/ }).waitFor();
  assert.equal(await page.getByRole('table').getByRole('row').count(), 201);
  await page.keyboard.press('/');
  await page.getByRole('combobox', { name: 'A machine or a part of the project' }).fill('vm-199');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'vm-199' }).waitFor();

  await manager.goto('/machines/vm-199/quarantine/normal');
  const list = page.getByRole('list', { name: 'The list' });
  await list.getByText('10.0.0.0/24', { exact: true }).waitFor();
  assert.equal(await list.getByRole('listitem').count(), 200);
  await page.getByLabel('Filter').fill('10.39.15.');
  await list.getByText('10.39.15.0/24').waitFor();
  assert.equal(await list.getByRole('listitem').count(), 1);
  assert.deepEqual(manager.complaints, []);
});

/** A machine like another, with an id of its own. */
function copyMachine(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
  const file = join(to, 'vm.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^id: .*$/m, `id: ${randomUUID()}`));
}
