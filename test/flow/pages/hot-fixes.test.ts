import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { readHotFixLog } from '../../../src/manager/hot-fixes/log.ts';
import { openProject } from '../../../src/project/open.ts';
import { program } from '../../fakes/command-line.ts';
import { DAY_MS, hotFixSite, NOW, RECOVERY_PASSPHRASE } from '../../fakes/hot-fix-site.ts';
import { madeProject, PASSPHRASE } from '../../fakes/made-project.ts';

const NEEDS = { skip: whyNoBrowser() };
const ASKING = { name: 'Bea <b>Miller</b>', address: 'bea@example.org', note: 'On a journey.' };

async function openFile(page: Page, text: string): Promise<void> {
  const file = { name: 'office.hot-fix-request', mimeType: 'application/json', buffer: Buffer.from(text) };
  await page.locator('input[type=file]').setInputFiles(file);
  await page.getByRole('button', { name: 'Show it' }).click();
}

test(
  'requests are opened in the page, and answered once their administrator has seen what that does',
  NEEDS,
  async (t) => {
    const { project, at, service } = await hotFixSite(t, {
      ...{ expiration: { type: 'days', days: 2 }, authentication: { type: 'password', contents: [] } },
    });
    at.clock = NOW + 3 * DAY_MS;
    const { hotFixes, startable } = service();
    await using manager = await ManagerInBrowser.open(project.folder);
    const { page } = manager;
    await page.getByRole('link', { name: 'Hot fixes' }).click();
    const region = page.getByRole('region', { name: 'Request' });
    await page.getByText('Still missing: the file of the request, or its letters', { exact: true }).waitFor();

    await t.test(
      'fact 79: one is shown, approved by days, saved, and does on its computer what the page said',
      async () => {
        const { file } = await hotFixes.request(1000, 'office', ASKING);
        await openFile(page, file);
        await region.getByText('Bea <b>Miller</b>, bea@example.org').waitFor();
        await region.getByText('office has expired').waitFor();
        await page.getByText('Still missing: days, or the last day', { exact: true }).waitFor();
        await page.getByLabel('Days, from the day').fill('9');
        await page.getByLabel('A message for its user').fill('Until then.');
        await page.getByRole('button', { name: 'See what it does' }).click();
        await page.getByText('lets office be used for 9 more days').waitFor();
        assert.deepEqual(await readHotFixLog(project.folder), [], 'nothing was answered yet');
        await page.getByText('Still missing: The passphrase of the project’s keys', { exact: true }).waitFor();
        await page.getByLabel('The passphrase of the project’s keys').fill('wrong wrong wrong');
        await page.getByRole('button', { name: 'Give the answer' }).click();
        await page.getByText('KEY_PASSPHRASE').waitFor();
        await page.getByLabel('The passphrase of the project’s keys').fill(PASSPHRASE);
        await page.getByRole('button', { name: 'Give the answer' }).click();
        await page.getByText('Answered. Send its user the file.').waitFor();
        const download = page.waitForEvent('download');
        await page.getByRole('button', { name: 'Save the answer' }).click();
        assert.equal((await download).suggestedFilename(), 'office-expired.hot-fix');
        const answer = readFileSync((await (await download).path()) ?? '', 'utf8');
        const mail = await page.getByRole('link', { name: 'Open a mail' }).getAttribute('href');
        assert.match(mail ?? '', /^mailto:bea%40example\.org\?subject=Hot%20fix%20for%20office/);
        await page.getByRole('cell', { name: '9 days: Until then.' }).waitFor();

        const done = await hotFixes.apply('office', { file: answer });
        assert.equal(done.message, 'Until then.');
        assert.equal((await startable()).expiration?.daysLeft, 9);
      },
    );

    await t.test('a denial, by telephone: the letters are read out', async () => {
      at.clock += 20 * DAY_MS;
      const { letters } = await hotFixes.request(1000, 'office', ASKING);
      await page.reload();
      await page.getByLabel('Or the letters').fill(letters);
      await page.getByRole('button', { name: 'Show it' }).click();
      await region.getByText('By telephone: make sure who calls.').waitFor();
      await page.getByRole('radio', { name: 'Deny' }).check();
      await page.getByRole('button', { name: 'See what it does' }).click();
      await page.getByText('denies the request for office').waitFor();
      await page.getByLabel('The passphrase of the project’s keys').fill(PASSPHRASE);
      await page.getByRole('button', { name: 'Give the answer' }).click();
      await page.getByText('Read this out, group by group').waitFor();
      const said = await page.getByRole('status').locator('code').allTextContents();
      assert.equal(said.length, 4);
      assert.equal((await hotFixes.apply('office', { letters: said.join(' ') })).kind, 'denied');
    });

    await t.test('fact 80: a request of another project names it, and another file can be chosen', async () => {
      const { file } = await hotFixes.request(1000, 'office', ASKING);
      const other = JSON.parse(file);
      other.project = { name: 'Other', fingerprint: 'ab'.repeat(32) };
      await page.reload();
      await openFile(page, JSON.stringify(other));
      await page.getByText('the request is of the project Other').waitFor();
      await page.getByText('HOT_FIX_FOREIGN').waitFor();
      await openFile(page, file);
      await region.getByText('bea@example.org').waitFor();
      await page.getByText('HOT_FIX_FOREIGN').waitFor({ state: 'detached' });
    });
    assert.deepEqual(
      manager.complaints.filter((text) => !/status of (403|409|422)/.test(text)),
      [],
    );
  },
);

test('a lost password is answered with a temporary one that is typed twice', NEEDS, async (t) => {
  const { project, at, service } = await hotFixSite(t, { authentication: { type: 'password', contents: [] } });
  const { open } = service();
  await open({ newPassword: 'forgotten' });
  const { file } = await service().hotFixes.request(1000, 'office', { ...ASKING, problem: 'password' });
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  await manager.goto('/hot-fixes');
  await openFile(page, file);
  await page.getByLabel('A temporary password').fill('for once');
  await page.getByLabel('The same once more').fill('for one');
  await page.getByText('The two differ.').waitFor();
  assert.ok(await page.getByRole('button', { name: 'See what it does' }).isDisabled());
  await page.getByLabel('The same once more').fill('for once');
  await page.getByRole('button', { name: 'See what it does' }).click();
  await page.getByText('be opened once with the temporary password').waitFor();
  await page.getByLabel('The passphrase of the project’s keys').fill(PASSPHRASE);
  const answered = page.waitForResponse('**/hot-fixes/answer');
  await page.getByRole('button', { name: 'Give the answer' }).click();
  const given = await (await answered).json();
  assert.doesNotMatch(given.file, /for once/);
  await service().hotFixes.apply('office', { file: given.file });
  await open({ password: 'for once', newPassword: 'kept in mind' });
  assert.ok(at.clock > 0);
});

test(
  'the policy of hot fixes is set in the page as the command line sets it, and the page holds up',
  NEEDS,
  async (t) => {
    const project = await madeProject(t);
    await using manager = await ManagerInBrowser.open(project.folder);
    const { page } = manager;
    const offer = async () => (await openProject(project.folder)).file.value.hotFixes;
    await manager.goto('/machines/office/policy');
    await page.getByRole('region', { name: 'Hot fixes' }).getByRole('link', { name: 'What users may ask for' }).click();
    await page.getByRole('checkbox', { name: 'its time is over' }).check();
    await page.getByLabel('Address for requests').fill('help@acme.example');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved. Users learn of it').waitFor();
    assert.deepEqual(await offer(), { problems: ['expired'], askedBy: 'users', email: 'help@acme.example' });

    await program('lazaret-manager', ['-C', project.folder, 'policy', 'hot-fixes', 'moved']);
    await page
      .getByRole('checkbox', { name: 'it is not where it was installed' })
      .and(page.locator(':checked'))
      .waitFor();
    await page.getByRole('checkbox', { name: 'it is not where it was installed' }).uncheck();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved. Users learn of it').waitFor();
    assert.equal(await offer(), undefined, 'without a problem there are none');
    await manager.holdsUp('/hot-fixes', (shown) => shown.getByLabel('Address for requests'), 'manager-hot-fixes');
    assert.deepEqual(manager.complaints, []);
  },
);

test(
  'a lost password of encrypted disks is answered with the recovery key and its own passphrase',
  NEEDS,
  async (t) => {
    const { project, service } = await hotFixSite(t, {
      authentication: { type: 'password', contents: [] },
      encryption: { disks: true, configuration: false, recovery: true },
    });
    const { hotFixes, open } = service();
    await open({ newPassword: 'forgotten' });
    const { letters } = await hotFixes.request(1000, 'office', { ...ASKING, problem: 'password' });
    await using manager = await ManagerInBrowser.open(project.folder);
    const { page } = manager;
    await page.getByRole('link', { name: 'Hot fixes' }).click();
    await page.getByLabel('Or the letters').fill(letters);
    await page.getByRole('button', { name: 'Show it' }).click();
    await page.getByText('your recovery key is needed').waitFor();
    await page.getByRole('button', { name: 'See what it does' }).click();
    await page.getByText('with the letters that you read out').waitFor();
    const give = page.getByRole('button', { name: 'Give the answer' });
    await page.getByLabel('The passphrase of the project’s keys').fill(PASSPHRASE);
    await page.getByLabel('The passphrase of the recovery key').fill('wrong wrong wrong');
    await give.click();
    await page.getByText('KEY_PASSPHRASE').waitFor();
    await page.getByLabel('The passphrase of the project’s keys').fill(PASSPHRASE);
    await page.getByLabel('The passphrase of the recovery key').fill(RECOVERY_PASSPHRASE);
    await give.click();
    await page.getByText('Read this out, group by group').waitFor();
    const said = await page.getByRole('status').locator('code').allTextContents();
    assert.equal(said.length, 6);
    assert.equal((await hotFixes.apply('office', { letters: said.join(' ') })).kind, 'letters');
    await open({ password: said.join(''), newPassword: 'kept in mind' });
  },
);
