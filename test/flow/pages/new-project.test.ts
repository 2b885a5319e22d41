import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessibilityFaults, whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { openProject } from '../../../src/project/open.ts';
import { hasProgram } from '../../../src/sys/programs/exec.ts';
import { aceProject } from '../../fakes/ace-project.ts';
import { scratch } from '../../fakes/made-project.ts';

const NEEDS = { skip: whyNoBrowser() };
const NO_IMAGE = hasProgram('qemu-img') && hasProgram('bwrap') ? false : 'qemu-img or bubblewrap is not installed';
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

  await t.test(
    'what is typed stays while the page looks again, as it does for whoever comes back to its window',
    async () => {
      await page.getByLabel('Package server').fill('https://www.example.org/packages');
      const looked = page.waitForResponse('**/api/v1/project');
      await page.evaluate("document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))");
      await looked;
      await page.waitForTimeout(100);
      assert.equal(await page.getByLabel('Name').inputValue(), 'Acme & Sons');
      manager.complaints.length = 0;
    },
  );

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

test('a project of VMware ACE becomes one in the page, once it is seen what is not carried over', {
  skip: whyNoBrowser() || NO_IMAGE,
}, async (t) => {
  const from = scratch(t);
  await aceProject(from);
  const folder = join(scratch(t), 'acme');
  await using manager = await ManagerInBrowser.open(folder, { locale: 'de-DE' });
  const { page } = manager;
  await page.getByText('Eines von VMware ACE').click();
  await page.getByLabel('Datei des Projekts').fill(join(from, 'Acme', 'Acme.vmprj'));
  await page.getByRole('button', { name: 'Ansehen, was daraus wird' }).click();

  const weaker = page.getByRole('alert').filter({ hasText: 'Weniger eingeschränkt als vorher' });
  await weaker.first().waitFor();
  await page.getByRole('heading', { name: 'windows-xp' }).waitFor();
  await page.getByText(/Quarantäne statisch, Platte/).waitFor();
  await page.getByText('das Projekt bekommt eigene Schlüssel', { exact: false }).waitFor();
  assert.equal(await page.getByLabel('Name').inputValue(), 'Acme');
  await manager.shoot('manager-new-project-ace');
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.getByLabel('Passphrase seiner Schlüssel').fill(PASSPHRASE);
  await page.getByLabel('Dieselbe noch einmal').fill(PASSPHRASE);
  await page.getByText('Fehlt noch: Ich habe gelesen, was nicht übernommen wird').waitFor();
  await page.getByLabel('Ich habe gelesen, was nicht übernommen wird').check();
  await page.getByRole('button', { name: 'Projekt anlegen' }).click();

  await page.getByRole('heading', { level: 1, name: 'Acme' }).waitFor();
  await page.getByRole('row', { name: /windows-xp/ }).waitFor();
  const { vms } = await openProject(folder);
  assert.deepEqual(
    vms.map(({ name, policy }) => [name, policy.value.quarantine.type]),
    [['windows-xp', 'static']],
  );
});
