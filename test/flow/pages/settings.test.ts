import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { whyNoBrowser } from '../../../lab/browser.ts';
import { selfSigned } from '../../../lab/certificate.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { projectPaths } from '../../../src/project/layout.ts';
import { openProject } from '../../../src/project/open.ts';
import { program } from '../../fakes/command-line.ts';
import { madeProject, scratch } from '../../fakes/made-project.ts';

const NEEDS = { skip: whyNoBrowser() };

test(
  'the project’s settings are changed in the page as project set changes them, and comments stay',
  NEEDS,
  async (t) => {
    const project = await madeProject(t);
    const { file } = projectPaths(project.folder);
    writeFileSync(file, `# ours\n${readFileSync(file, 'utf8')}`);
    await using manager = await ManagerInBrowser.open(project.folder);
    const { page } = manager;
    await page.getByRole('link', { name: 'Edit project settings' }).click();

    await t.test('name and servers are saved; one that is emptied goes', async () => {
      await page.getByLabel('Name').fill('Acme & Sons');
      await page.getByLabel('Policy server').fill('');
      await page.getByLabel('Package server').fill('https://www.example.org/packages');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved. Users’ computers learn of it with the next package.').waitFor();
      assert.match(readFileSync(file, 'utf8'), /^# ours/);
      const { name, policyServer, packageServer } = (await openProject(project.folder)).file.value;
      assert.deepEqual(
        [name, policyServer, packageServer],
        ['Acme & Sons', undefined, 'https://www.example.org/packages'],
      );
      await page.getByText('Acme & Sons').first().waitFor();
    });

    await t.test('the domain, and who vouches for it', async () => {
      const address = 'ldaps://dc1.acme.example/DC=acme,DC=example';
      const { certificate } = selfSigned(scratch(t), 'dc1.acme.example');
      assert.equal(await page.getByLabel('Certificates for the domain').count(), 0);
      await page.getByLabel('Domain', { exact: true }).fill(address);
      await page.getByLabel('Certificates for the domain').fill(readFileSync(certificate, 'utf8'));
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved. Users’ computers learn of it with the next package.').waitFor();
      const { domain } = (await openProject(project.folder)).file.value;
      assert.deepEqual(domain, { address, ca: readFileSync(certificate, 'utf8') });
      await page.getByLabel('Domain', { exact: true }).fill('');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved. Users’ computers learn of it with the next package.').waitFor();
      assert.equal((await openProject(project.folder)).file.value.domain, undefined);
    });

    await t.test('an address of nothing is refused with its field, and nothing is written', async () => {
      const before = readFileSync(file, 'utf8');
      await page.getByLabel('Package server').fill('somewhere');
      await page.getByRole('button', { name: 'Save' }).click();
      await page
        .getByRole('alert')
        .getByText(/packageServer/)
        .waitFor();
      await page.getByText('PROJECT_INVALID').waitFor();
      assert.equal(readFileSync(file, 'utf8'), before);
    });

    await t.test('the later of two writers is told before and when he saves; he goes on with what is now', async () => {
      await program('lazaret-manager', ['-C', project.folder, 'project', 'set', '--name', 'Other']);
      await page.getByLabel('Package server').fill('https://two.example.org/packages');
      await page.getByText('Somebody else has changed these settings meanwhile.').waitFor();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('PROJECT_CHANGED').waitFor();
      await page.getByRole('button', { name: 'Show it with my changes' }).click();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved. Users’ computers learn of it with the next package.').waitFor();
      const { name, packageServer } = (await openProject(project.folder)).file.value;
      assert.deepEqual([name, packageServer], ['Other', 'https://two.example.org/packages']);
    });
  },
);

test('the settings page holds up', NEEDS, async (t) => {
  const project = await madeProject(t);
  await using manager = await ManagerInBrowser.open(project.folder, { locale: 'de-DE' });
  await manager.holdsUp('/settings', (page) => page.getByLabel('Richtlinienserver'), 'manager-settings');
  assert.deepEqual(manager.complaints, []);
});

test('project set takes an address out with an empty one', async (t) => {
  const project = await madeProject(t);
  const { status } = await program('lazaret-manager', ['-C', project.folder, 'project', 'set', '--policy-server', '']);
  assert.equal(status, 0);
  assert.equal((await openProject(project.folder)).file.value.policyServer, undefined);
});
