import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { openProject } from '../../../src/project/open.ts';
import { scratch } from '../../fakes/made-project.ts';

const NEEDS = { skip: whyNoBrowser() };
const PASSPHRASE = 'some words that nobody guesses';

test('where there is no project yet the page makes one, and goes on with it', NEEDS, async (t) => {
  const folder = join(scratch(t), 'acme');
  await using manager = await ManagerInBrowser.open(folder);
  const { page } = manager;
  const make = page.getByRole('button', { name: 'Make the project' });

  await t.test('it says what is missing, and holds up in every size and theme', async () => {
    await manager.holdsUp('/', () => page.getByRole('heading', { name: 'Make a project' }), 'manager-new-project');
    assert.ok(await make.isDisabled());
    await page.getByLabel('Name').fill('Acme & Sons');
    await page.getByLabel('Passphrase of its keys').fill('short');
    await page.getByText('Still missing: Passphrase of its keys').waitFor();
    await page.getByLabel('Passphrase of its keys').fill(PASSPHRASE);
    await page.getByLabel('The same once more').fill('some other words');
    await page.getByText('The two passphrases differ.').waitFor();
    await page.getByLabel('The same once more').fill(PASSPHRASE);
  });

  await t.test('an address that is none is refused with its field, and nothing is left', async () => {
    await page.getByLabel('Policy server').fill('somewhere');
    await make.click();
    await page
      .getByRole('alert')
      .getByText(/policyServer/)
      .waitFor();
    assert.deepEqual(manager.complaints.splice(0).length > 0, true);
    await assert.rejects(openProject(folder), { code: 'PROJECT_MISSING' });
  });

  await t.test('it is made, followed, and what is done in it at the command line is on the page', async () => {
    await page.getByLabel('Policy server').fill('https://www.example.org/policies');
    await make.click();
    await page.getByRole('heading', { level: 1, name: 'Acme & Sons' }).waitFor();
    const { name, policyServer, fingerprint } = (await openProject(folder)).file.value;
    assert.deepEqual([name, policyServer], ['Acme & Sons', 'https://www.example.org/policies']);
    await page.getByText(fingerprint).waitFor();
    assert.deepEqual(readdirSync(join(folder, 'keys')).length, 4);
    mkdirSync(join(folder, 'vms', 'half'));
    await page.getByRole('row', { name: /half/ }).waitFor();
    assert.deepEqual(manager.complaints, []);
  });
});
