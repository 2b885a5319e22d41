import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { followLink, LabBrowser, whyNoBrowser } from '../../../lab/browser.ts';
import { openPlayer, type Said } from '../../../lab/player-page.ts';
import type { EventAnswer } from '../../../src/api/event.ts';
import type { MachineAnswer } from '../../../src/api/machine.ts';
import { guestScreen } from '../../fakes/guest-screen.ts';

const NEEDS = { skip: whyNoBrowser() };
const RUNNING: MachineAnswer = { vm: 'office', state: 'running', access: 'normal' };
const TIGHTENED: EventAnswer = {
  ...{ at: '2026-12-01T09:30:00.000Z', vm: 'office', kind: 'access' },
  text: 'normal → restricted: its version is too old; next is 2026-12',
  details: { from: 'normal', to: 'restricted', why: { code: 'outdated', next: '2026-12' } },
};

function says(machine: MachineAnswer): Said {
  return { project: { name: 'Acme', fingerprint: 'f' }, machines: [machine], events: [] };
}

async function opened(t: TestContext): Promise<Page> {
  const lab = await LabBrowser.start();
  t.after(() => lab[Symbol.asyncDispose]());
  return (await lab.browser.newContext({ locale: 'en-GB', permissions: ['notifications'] })).newPage();
}

async function choose(page: Page, item: string): Promise<void> {
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

test('to go back to the former system is asked about first; what stands against it is said', NEEDS, async (t) => {
  await using player = await openPlayer(says({ vm: 'office', state: 'stopped', former: 2 }));
  const page = await opened(t);
  const asked: string[] = [];
  const error = { code: 'ROLLBACK_NONE', reason: 'office has no former system', causes: [], remedy: '…', details: {} };
  await page.route('**/machines/office/rollback', async (route) => {
    asked.push(route.request().method());
    await (asked.length === 1
      ? route.fulfill({ status: 409, json: { error } })
      : route.fulfill({ json: { vm: 'office', from: 3, to: 2, afterStop: false } }));
  });
  await followLink(page, player.link('/machines/office'));
  const dialog = page.getByRole('dialog', { name: 'office' });

  await choose(page, 'Go back to the former system');
  await dialog.getByText('At its next start the machine uses generation 2 again.').waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'hidden' });
  assert.deepEqual(asked, []);

  await choose(page, 'Go back to the former system');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.getByText('office has no former system').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await dialog.waitFor({ state: 'hidden' });

  await choose(page, 'Go back to the former system');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.waitFor({ state: 'hidden' });
  assert.deepEqual(asked, ['POST', 'POST']);
});

test('a machine’s screen has a window of its own, without asking anew who one is', NEEDS, async (t) => {
  const screen = await guestScreen(t, 640, 480);
  await using player = await openPlayer(says(RUNNING), { screen: screen.path });
  const page = await opened(t);
  await followLink(page, player.link('/machines/office'));
  const opening = page.context().waitForEvent('page');
  await choose(page, 'In a window of its own');
  const own = await opening;

  await own.locator('canvas[width="640"]').waitFor();
  assert.equal(new URL(own.url()).pathname, '/machines/office');
  await page.close();
  await own.getByRole('button', { name: 'Why?' }).click();
  assert.equal(await own.locator('canvas[width="640"]').count(), 1, 'it does not need the window that it came from');
});

/** A page that is not in sight; `Notification` is what the browser makes of what it is told. */
const OUT_OF_SIGHT = (notification: string) => `
  Object.defineProperty(document, 'hidden', { get: () => true });
  window.told = [];
  window.Notification = ${notification};`;

test('a change of access is told outside a page that is not in sight', NEEDS, async (t) => {
  await using player = await openPlayer({ ...says(RUNNING), happens: [TIGHTENED] });
  const page = await opened(t);
  await page.addInitScript(
    OUT_OF_SIGHT(`class {
      static permission = 'granted';
      constructor(title, { body }) { window.told.push([title, body]); }
    }`),
  );
  await followLink(page, player.link('/'));
  await page.getByRole('alert').filter({ hasText: 'office' }).waitFor();
  assert.deepEqual(await page.evaluate('window.told'), [['office', TIGHTENED.text]]);
});

test(
  'a browser that cannot tell outside its pages, as on a phone, keeps the page as new as it is',
  NEEDS,
  async (t) => {
    const said = says(RUNNING);
    await using player = await openPlayer({ ...said, happens: [TIGHTENED, { ...TIGHTENED, vm: 'lab' }] });
    const page = await opened(t);
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    await page.addInitScript(
      OUT_OF_SIGHT(`class {
      static permission = 'granted';
      constructor() { throw new TypeError('Illegal constructor'); }
    }`),
    );
    await followLink(page, player.link('/'));
    await page.getByRole('alert').filter({ hasText: 'lab' }).waitFor();
    assert.deepEqual(faults, []);
  },
);

test(
  'on a phone the menu of a machine is no wider than the window, whatever its project withholds',
  NEEDS,
  async (t) => {
    await using player = await openPlayer(says({ ...RUNNING, hasDevices: true }));
    const page = await opened(t);
    await page.setViewportSize({ width: 390, height: 844 });
    await followLink(page, player.link('/machines/office'));
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Devices' }).waitFor();
    const { x = -1, width = 0 } = (await page.getByRole('menu').boundingBox()) ?? {};
    assert.ok(x >= 0 && x + width <= 390, `from ${x}, ${width} wide`);
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
  },
);

test('on a phone a short name of a machine is whole beside its access', NEEDS, async (t) => {
  await using player = await openPlayer(says({ ...RUNNING, access: 'restricted' }));
  const page = await opened(t);
  await page.setViewportSize({ width: 390, height: 844 });
  await followLink(page, player.link('/machines/office'));
  await page.getByText('restricted access').first().waitFor();
  const name = page.getByRole('heading', { level: 1, name: 'office' });
  assert.ok(await name.evaluate((element) => element.scrollWidth <= element.clientWidth));
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
});
