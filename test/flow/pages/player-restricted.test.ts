import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followLink, LabBrowser, whyNoBrowser } from '../../../lab/browser.ts';
import { drawGuest } from '../../../lab/guest-screen.ts';
import { openPlayer } from '../../../lab/player-page.ts';

const MESSAGE = 'Please install the December updates.';

test('a restricted machine has its update on its card, and its message also on a phone', {
  skip: whyNoBrowser(),
}, async () => {
  await using player = await openPlayer({
    machines: [
      { vm: 'office', state: 'running', access: 'restricted', reason: 'its version is too old', message: MESSAGE },
      { vm: 'accounting', state: 'running', access: 'normal', reason: 'no quarantine is set' },
    ],
    events: [],
    fetching: { step: 'fetch', what: 'office', doneBytes: 1, totalBytes: 2 },
  });
  await using lab = await LabBrowser.start();
  const context = await lab.browser.newContext({ locale: 'en-GB', viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  const link = player.link('/');
  await followLink(page, link);
  const asked = page.waitForRequest('**/api/v1/update');
  await page.getByRole('button', { name: 'Install the update' }).waitFor();

  await page.getByRole('region', { name: 'office' }).getByRole('button', { name: 'Install the update' }).click();
  assert.equal((await asked).postDataJSON().vm, 'office');
  await page.getByRole('region', { name: 'office' }).getByText('Fetching: office').waitFor();

  await drawGuest(page);
  await page.goto(new URL('/machines/office', link).href);
  await page.getByText(MESSAGE).filter({ visible: true }).waitFor();
});

test('without a message of the administrator’s, a phone has the reason, in its user’s language', {
  skip: whyNoBrowser(),
}, async () => {
  const why = { code: 'outdated', next: '2026-12' };
  const reason = 'its version is too old; next is 2026-12';
  await using player = await openPlayer({
    machines: [{ vm: 'office', state: 'running', access: 'restricted', reason, why }],
    events: [],
  });
  await using lab = await LabBrowser.start();
  const context = await lab.browser.newContext({ locale: 'de-DE', viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  await drawGuest(page);
  await followLink(page, player.link('/machines/office'));
  await page.getByText('ihre Version ist zu alt; die nächste ist 2026-12').filter({ visible: true }).waitFor();
});
