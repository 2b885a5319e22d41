import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessibilityFaults, followLink, LabBrowser, whyNoBrowser } from '../../lab/browser.ts';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { shoot } from '../fakes/shoot.ts';

test('a user has his machine in a page: installs it, sees its screen, and is told why', {
  skip: whyNoNetwork() || whyNoBrowser(),
}, async (t) => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  await job.setQuarantine({ interval: '10s' });
  const first = await job.addVersion('1.0');
  await job.require('1.0');
  appendFileSync(join(job.computer.project, 'vms', job.vm, 'policy.yaml'), 'authentication: { type: password }\n');
  await job.serve();
  appendFileSync(join(job.computer.project, 'vms', 'office', 'policy.yaml'), 'reimage:\n  enabled: true\n');
  const { folder } = await job.build('one', 'full');
  await using lab = await LabBrowser.start(job.network);
  const context = await lab.browser.newContext({
    locale: 'en-GB',
    viewport: { width: 1280, height: 720 },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  const url = await link(job);

  await t.test('a link opens the page once, and is nothing to who comes later', async () => {
    await followLink(page, url);
    await page.getByText('No machine is installed here yet.').waitFor();
    await shoot(page, 'player-empty');
    const other = await lab.browser.newContext();
    const again = await (await other.newPage()).goto(url);
    assert.equal(again?.status(), 403);
    await other.close();
  });

  await t.test('a package is looked at, then installed', async () => {
    await page.getByRole('link', { name: 'Install a package' }).first().click();
    await page.getByLabel('Folder or address of the package').fill('/etc');
    await page.getByRole('button', { name: 'See what it would do' }).click();
    await page.getByRole('alert').getByText('Because: FETCH_MISSING').waitFor();
    // The browser complains of every answer that is a refusal.
    assert.match(errors.splice(0).join(), /^Failed to load resource: the server responded with a status of 422[^,]*$/);
    await page.getByLabel('Folder or address of the package').fill(folder);
    await page.getByLabel('The project’s fingerprint').fill(fingerprint);
    await page.getByRole('button', { name: 'See what it would do' }).click();
    await page.getByText('office is installed').waitFor();
    await shoot(page, 'player-plan');
    await page.getByRole('button', { name: 'Install', exact: true }).click();
    await page.getByText('The package is installed.').waitFor();
  });

  await t.test('the machine is started, and says that its access is restricted', async () => {
    await page.getByRole('link', { name: 'Machines' }).click();
    await page.getByRole('button', { name: 'Start' }).click();
    const dialog = page.getByRole('dialog', { name: 'Start: office' });
    await dialog.getByLabel('A new password').fill('first');
    await dialog.getByLabel('The same once more').fill('firts');
    await dialog.getByText('The two differ.').waitFor();
    assert.ok(await dialog.getByRole('button', { name: 'Go on' }).isDisabled());
    await dialog.getByLabel('The same once more').fill('first');
    await shoot(page, 'player-password');
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('region', { name: 'office' }).getByText('restricted access').waitFor();
    await dialog.waitFor({ state: 'detached' });
    assert.match(errors.splice(0).join(), /^Failed to load resource: the server responded with a status of 403[^,]*$/);
    await shoot(page, 'player-machines');
  });

  await t.test('its screen is in the page, and Why? has the reason', async () => {
    await page.getByRole('link', { name: 'Open' }).click();
    await page.getByRole('application', { name: 'Screen of the machine' }).locator('canvas').waitFor();
    await page.getByRole('button', { name: 'Why?' }).click();
    const why = page.getByRole('dialog', { name: 'office' });
    await why.getByText('This computer is not up to date').first().waitFor();
    await why.getByText('not reported yet').waitFor();
    await shoot(page, 'player-why');
  });

  await t.test('Why? says by which entry a place is closed, and whether another is open', async () => {
    const why = page.getByRole('dialog', { name: 'office' });
    await why.getByLabel('May it reach …?').fill('203.0.113.9:443');
    await why.getByRole('button', { name: 'Ask' }).click();
    await why.getByText('203.0.113.9:443 is not allowed').waitFor();
    await why.getByText('whitelist: not listed').first().waitFor();
    await job.connect();
    await job.guest(
      'until ip route | grep -q default; do sleep 0.2; done; timeout 2 wget -q -O /dev/null http://203.0.113.9/',
    );
    await why.getByRole('row').filter({ hasText: '203.0.113.9 tcp 80' }).getByText('whitelist: not listed').waitFor();
    await shoot(page, 'player-refused');
  });

  await t.test('the screen takes the keys, and three of them together lead out of it', async () => {
    await page.keyboard.press('Escape');
    await page.getByRole('application').locator('canvas').click();
    await page.getByText('The screen has your keys.').waitFor();
    await page.keyboard.press('Control+Alt+Shift');
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Why?');
  });

  await t.test('a text is typed into the machine; what no key types is named', async () => {
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Send text …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Send text: office' });
    await dialog.getByLabel('Send text').fill('naïve');
    await dialog.getByText('A US keyboard has no key for ï').waitFor();
    await dialog.getByLabel('Send text').fill('nq-set');
    await shoot(page, 'player-send-text');
    await dialog.getByRole('button', { name: 'Send', exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Why?' }).click();
  });

  await t.test('the password is changed in the menu, for who knows the old one', async () => {
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Change the password …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Change the password: office' });
    await dialog.getByLabel('Password', { exact: true }).fill('wrong');
    await dialog.getByLabel('A new password').fill('second');
    await dialog.getByLabel('The same once more').fill('second');
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await dialog.getByText('PASSWORD_WRONG').waitFor();
    await dialog.getByLabel('Password', { exact: true }).fill('first');
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await dialog.waitFor({ state: 'hidden' });
    assert.equal(errors.splice(0).length, 2, 'the question, and the wrong one');
    await page.getByRole('button', { name: 'Why?' }).click();
  });

  await t.test('nq-set in the guest is on the page without a reload', async () => {
    assert.equal((await job.nqSet(first)).status, 0);
    await page.getByRole('dialog', { name: 'office' }).getByText('normal access').waitFor();
  });

  await t.test('a file for support is saved from the page', async () => {
    await page.goto(new URL('/events', url).href);
    const saved = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Save a file for support' }).click();
    const path = await (await saved).path();
    const { status } = JSON.parse(readFileSync(path, 'utf8'));
    assert.deepEqual(
      status.machines.map(({ vm }: { vm: string }) => vm),
      ['office'],
    );
  });

  await t.test('nothing in it is closed to people who use a screen reader or the keyboard', async () => {
    const paths = ['/', '/install', '/events', '/machines/office'];
    for (const colorScheme of ['light', 'dark'] as const)
      for (const path of paths) {
        await page.emulateMedia({ colorScheme });
        await page.goto(new URL(path, url).href);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.waitForLoadState('networkidle').catch(() => undefined);
        assert.deepEqual(await accessibilityFaults(page), [], `${path}, ${colorScheme}`);
        await shoot(page, `player${path.replaceAll('/', '-')}${colorScheme}`);
      }
  });

  await t.test('on a phone nothing stands beyond the edge', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const shown = {
      '/': page.getByRole('link', { name: 'Open' }),
      '/install': page.getByLabel('The project’s fingerprint'),
      '/events': page.getByLabel('Filter'),
      '/machines/office': page.getByText('normal access'),
    };
    for (const [path, content] of Object.entries(shown)) {
      await page.goto(new URL(path, url).href);
      await content.first().waitFor();
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, path);
      await shoot(page, `player-phone${path.replaceAll('/', '-')}`);
    }
  });

  await t.test('it is shut down and put back to how it was installed, which is asked about first', async () => {
    await page.setViewportSize({ width: 1280, height: 720 });
    await job.stopMachine();
    await page.goto(new URL('/machines/office', url).href);
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Back to the installed state …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Back to the installed state: office' });
    await dialog.getByText('Do this when your administrator has told you to.').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await shoot(page, 'player-reimage');
    await dialog.getByRole('button', { name: 'Back to the installed state' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const { stdout } = await job.computer.lazaret('events', '--last', '1', '--json');
    assert.match(stdout, /"reimaged"/);
    assert.equal((await job.status()).version, undefined, 'the version went with the disk');
  });

  assert.deepEqual(errors, [], 'the browser complained of nothing');
});

async function link(job: MainJob): Promise<string> {
  const { stdout } = await job.computer.lazaret('open', '--no-browser', '--json');
  return JSON.parse(stdout).url;
}
