import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessibilityFaults, followLink, LabBrowser, whyNoBrowser } from '../../../lab/browser.ts';
import { openPlayer } from '../../../lab/player-page.ts';
import { PATHS } from '../../../src/api/paths.ts';
import { shoot } from '../../fakes/shoot.ts';

const SECRET = ' four words upon a stick ';

test('an encrypted package is asked for its passphrase, until it is the right one; it is installed with that', {
  skip: whyNoBrowser(),
}, async () => {
  const plan = {
    ...{ project: { name: 'Acme', fingerprint: 'f' }, package: 'one', generation: 1, kind: 'full' },
    ...{ expiresAt: '2027-12-01T00:00:00Z', policies: [], problems: [], host: { action: 'none' as const } },
    machines: [{ vm: 'office', action: 'add' as const, afterStop: false, losesChanges: false }],
    bytes: { fetch: 1, need: 1, free: 2 },
    lazaret: [{ file: 'lazaret_9.9.9_amd64.deb', version: '9.9.9', processor: 'amd64', sha256: 'a'.repeat(64) }],
  };
  await using player = await openPlayer({ machines: [], events: [], plan, secret: SECRET });
  await using lab = await LabBrowser.start();
  const page = await (await lab.browser.newContext({ locale: 'en-GB' })).newPage();
  await followLink(page, player.link('/install'));
  await page.getByLabel('Folder or address of the package').fill('/media/stick/one');
  await page.getByRole('button', { name: 'See what it would do' }).click();
  const dialog = page.getByRole('dialog', { name: 'This package is encrypted' });
  const secret = dialog.getByLabel('Passphrase of the package');

  await secret.fill('another');
  await shoot(page, 'player-package-secret');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.getByText('PACKAGE_SECRET').waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await secret.fill(SECRET);
  await secret.press('Enter');

  await page.getByText('Package one of Acme').waitFor();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('Lazaret 9.9.9 comes with it.').waitFor();
  await page.getByText('lazaret upgrade /media/stick/one', { exact: true }).waitFor();
  await shoot(page, 'player-plan-lazaret');
  // Whatever is typed meanwhile: what was looked at is installed.
  await page.getByLabel('Folder or address of the package').fill('/media/stick/two');
  await page.getByText('lazaret upgrade /media/stick/one', { exact: true }).waitFor();
  const asked = page.waitForRequest((request) => request.url().endsWith(PATHS.install.path));
  await page.getByRole('button', { name: 'Install', exact: true }).click();
  assert.equal((await asked).postDataJSON().source, '/media/stick/one');
  await page.getByText('The package is installed.').waitFor();
  assert.ok(!(await page.content()).includes(SECRET.trim()));
});
