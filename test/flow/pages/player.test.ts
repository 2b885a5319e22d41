import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { accessibilityFaults, followLink, LabBrowser, whyNoBrowser } from '../../../lab/browser.ts';
import { openPlayer, type Said } from '../../../lab/player-page.ts';
import type { EventAnswer } from '../../../src/api/event.ts';
import type { MachineAnswer } from '../../../src/api/machine.ts';
import { LIVE_PATH } from '../../../src/api/paths.ts';
import { guestScreen } from '../../fakes/guest-screen.ts';

const NEEDS = { skip: whyNoBrowser() };
const OFFICE: MachineAnswer = { vm: 'office', state: 'stopped' };
const MARKUP = '<img src=x onerror=document.title=1>';

function says(machines: MachineAnswer[]): Said {
  return { project: { name: 'Acme', fingerprint: 'f' }, machines, events: [] };
}

/** A page of a browser, at the player’s link. */
async function opened(t: TestContext, link: string, options: BrowserContextOptions = {}): Promise<Page> {
  const lab = await LabBrowser.start();
  t.after(() => lab[Symbol.asyncDispose]());
  const page = await (await lab.browser.newContext({ locale: 'en-GB', ...options })).newPage();
  await followLink(page, link);
  return page;
}

test(
  'a German user reads reasons and remedies in German, and the administrator’s message as it is',
  NEEDS,
  async (t) => {
    const behind: MachineAnswer = {
      ...{ vm: 'behind', state: 'running', access: 'restricted', message: MARKUP },
      ...{ reason: 'its version is too old; next is 2026-12', why: { code: 'outdated', next: '2026-12' } },
    };
    const broken: MachineAnswer = {
      ...{ vm: 'broken', state: 'damaged', code: 'STATE_DAMAGED', reason: 'installed.json is cut off' },
      remedy: 'Install the newest package again: it replaces what is damaged and leaves data disks as they are.',
    };
    await using player = await openPlayer(says([behind, broken]));
    const page = await opened(t, player.link('/'), { locale: 'de-DE' });
    await page.getByText('ihre Version ist zu alt; die nächste ist 2026-12').waitFor();
    await page.getByText('Installieren Sie das neueste Paket noch einmal').waitFor();
    await page.getByText('Auf diesem Computer ist etwas von Lazaret beschädigt').waitFor();
    await page.getByText('installed.json is cut off').waitFor();
    await page.getByText(MARKUP, { exact: true }).waitFor();
    assert.equal(await page.locator('img').count(), 0);
  },
);

test(
  'a German user reads in German what happened, with the service’s own words where the sentence lacks some',
  NEEDS,
  async (t) => {
    const at = '2026-12-01T09:30:00.000Z';
    const details = { from: 'normal', to: 'restricted', why: { code: 'outdated', next: '2026-12' } };
    const events: EventAnswer[] = [
      {
        at,
        vm: 'office',
        kind: 'access',
        text: 'normal → restricted: its version is too old; next is 2026-12',
        details,
      },
      { at, vm: 'office', kind: 'stopped', text: 'stopped: QEMU was killed' },
    ];
    await using player = await openPlayer({ ...says([OFFICE]), events });
    const page = await opened(t, player.link('/events'), { locale: 'de-DE' });
    const change = 'normaler Zugang → eingeschränkter Zugang: ihre Version ist zu alt; die nächste ist 2026-12';
    await page.getByText(change, { exact: true }).waitFor();
    await page.getByRole('cell', { name: 'ausgeschaltet stopped: QEMU was killed' }).waitFor();
    assert.equal(await page.getByText('normal → restricted').count(), 0);
    await page.getByLabel('Filter').fill('killed');
    await page.getByText(change).waitFor({ state: 'detached' });
  },
);

test('what happens is in the list at once, before the list is asked for again', NEEDS, async () => {
  const at = '2026-12-01T09:30:00.000Z';
  const before: EventAnswer = { at, vm: 'office', kind: 'started', text: 'started' };
  const after: EventAnswer = { at, vm: 'office', kind: 'stopped', text: 'stopped: QEMU was killed' };
  await using player = await openPlayer({ ...says([OFFICE]), events: [before], happens: [after] });
  await using lab = await LabBrowser.start();
  const page = await (await lab.browser.newContext({ locale: 'en-GB' })).newPage();
  const listed = Promise.withResolvers<void>();
  let asked = 0;
  await page.route('**/api/v1/events?*', async (route) => {
    asked += 1;
    // Only the first is ever answered.
    if (asked === 1) await route.continue();
  });
  await page.route(`**/api${LIVE_PATH}`, async (route) => {
    await listed.promise;
    await route.continue();
  });
  await followLink(page, player.link('/events'));
  await page.getByRole('cell', { name: 'started' }).waitFor();
  listed.resolve();
  await page.getByRole('row').nth(1).waitFor();
  const rows = await page.getByRole('row').allInnerTexts();
  assert.match(rows[0] ?? '', /stopped: QEMU was killed/);
  assert.match(rows[1] ?? '', /started/);
});

test(
  'a machine that accounts open asks for name and password, and says in German why somebody is not let in',
  NEEDS,
  async (t) => {
    await using player = await openPlayer(says([OFFICE]));
    const page = await opened(t, player.link('/'), { locale: 'de-DE' });
    const given: unknown[] = [];
    const answers = ['ACCOUNT_NEEDED', 'ACCOUNT_DISABLED', 'PASSWORD_WRONG'];
    await page.route('**/machines/office/start', async (route) => {
      given.push(JSON.parse(route.request().postData() || '{}'));
      const code = answers.shift();
      const error = { code, reason: 'acme.example: the account is disabled', causes: [], remedy: '…', details: {} };
      await (code === undefined
        ? route.fulfill({ json: { ...OFFICE, state: 'running' } })
        : route.fulfill({ status: 403, json: { error } }));
    });
    await page.getByRole('button', { name: 'Starten' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Ihr Name').fill('alice');
    assert.ok(await dialog.getByRole('button', { name: 'Fortfahren' }).isDisabled());
    await dialog.getByLabel('Kennwort', { exact: true }).fill('a1');
    await dialog.getByLabel('Kennwort', { exact: true }).press('Enter');
    await dialog.getByText(/Bitten Sie Ihre Verwaltung, das Konto zu aktivieren/).waitFor();
    await dialog.getByText('Ihr Konto ist nicht aktiviert').waitFor();
    await dialog.getByText('acme.example: the account is disabled').waitFor();
    await dialog.getByLabel('Kennwort', { exact: true }).press('Enter');
    await dialog.getByText('PASSWORD_WRONG').waitFor();
    await dialog.getByLabel('Kennwort', { exact: true }).fill('a2');
    await dialog.getByLabel('Kennwort', { exact: true }).press('Enter');
    await dialog.waitFor({ state: 'hidden' });

    const [first, ...others] = given;
    assert.deepEqual(first, {});
    const tried = ['a1', 'a1', 'a2'].map((password) => ({ user: 'alice', password }));
    assert.deepEqual(others, tried);
  },
);

test('who escapes from the first question is back where he asked', NEEDS, async (t) => {
  const starting: Said['starting'] = {
    code: 'PASSWORD_NEEDED',
    reason: 'it has one',
    causes: [],
    remedy: 'Give it.',
    details: {},
  };
  await using player = await openPlayer({ ...says([OFFICE]), starting });
  const page = await opened(t, player.link('/'));
  await page.getByRole('button', { name: 'Start' }).press('Enter');
  await page.getByRole('dialog').getByLabel('Password', { exact: true }).press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  while ((await page.evaluate('document.activeElement?.textContent')) !== 'Start') await page.waitForTimeout(20);
});

test('an open menu is a menu for assistive technology, and is gone through by keyboard', NEEDS, async (t) => {
  await using player = await openPlayer(says([{ ...OFFICE, hasDevices: true }]));
  const page = await opened(t, player.link('/machines/office'));
  await page.getByRole('button', { name: 'More' }).press('Enter');
  const items = page.getByRole('menuitem');
  await items.first().waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.evaluate('document.activeElement?.getAttribute("role")'), 'menuitem');
});

test('where nothing can be done with a machine there is no menu to open', NEEDS, async (t) => {
  await using player = await openPlayer(says([OFFICE, { ...OFFICE, vm: 'lab', former: 2 }]));
  const page = await opened(t, player.link('/'));
  // A browser that tells nothing outside of its pages, or may do so already.
  await page.addInitScript('delete window.Notification');
  await page.goto(new URL('/machines/office', page.url()).href);

  await page.getByRole('button', { name: 'Start' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'More' }).isDisabled(), true);
  await page.goto(new URL('/machines/lab', page.url()).href);
  await page.getByRole('button', { name: 'More' }).press('Enter');
  await page.getByRole('menuitem').waitFor();
});

test('of 200 machines each has its card', NEEDS, async (t) => {
  const machines = Array.from({ length: 200 }, (_none, at): MachineAnswer => ({ ...OFFICE, vm: `vm-${at}` }));
  await using player = await openPlayer(says(machines));
  const page = await opened(t, player.link('/'));
  await page.getByRole('region', { name: 'vm-199', exact: true }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Start' }).count(), 200);
});

test(
  'a service that starts anew: the page says that it is lost, then what to do, and what is there now',
  NEEDS,
  async (t) => {
    const first = await openPlayer(says([OFFICE]));
    const page = await opened(t, first.link('/'));
    await page.getByRole('region', { name: 'office' }).waitFor();
    await first[Symbol.asyncDispose]();
    await page.getByText(/^The connection to the service is lost/).waitFor();

    await using again = await openPlayer(says([{ ...OFFICE, vm: 'lab' }]), { port: first.port });
    await page.getByText('PAGE_DENIED').waitFor();
    await page.getByText('Open the page anew: lazaret open.', { exact: true }).waitFor();
    // The link of the command line opens another tab; this one heals with it.
    await (await page.context().newPage()).goto(again.link('/'));
    await page.getByRole('region', { name: 'lab' }).waitFor();
    await page.getByText(/^The connection to the service is lost/).waitFor({ state: 'detached' });
  },
);

for (const [width, height] of [
  [1, 1],
  [7680, 4320],
] as const)
  test(`a guest’s screen of ${width}×${height} is shown within the page`, NEEDS, async (t) => {
    const screen = await guestScreen(t, width, height);
    await using player = await openPlayer(says([{ ...OFFICE, state: 'running', access: 'normal' }]), {
      screen: screen.path,
    });
    const page = await opened(t, player.link('/machines/office'), { viewport: { width: 390, height: 844 } });
    const canvas = page.locator(`canvas[width="${width}"][height="${height}"]`);
    await canvas.waitFor({ state: 'attached' });
    await page.getByText(/^The screen is gone/).waitFor({ state: 'detached' });
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
  });

test(
  'a screen that goes is said, and one of a machine that has stopped makes room for the way to start it',
  NEEDS,
  async (t) => {
    const screen = await guestScreen(t, 640, 480);
    const machines: MachineAnswer[] = [{ ...OFFICE, state: 'running', access: 'normal' }];
    await using player = await openPlayer(says(machines), { screen: screen.path });
    const page = await opened(t, player.link('/machines/office'));
    await page.locator('canvas[width="640"]').waitFor();
    screen.end();
    await page.getByText(/^The screen is gone/).waitFor();
    machines[0] = OFFICE;
    await page.getByRole('button', { name: 'Why?' }).click();
    await page.getByText('The machine does not run.').waitFor();
    await page.locator('canvas').waitFor({ state: 'detached' });
  },
);

test('nobody is offered the newest package where the project names no address for it', NEEDS, async (t) => {
  const restricted: MachineAnswer = { vm: 'office', state: 'running', access: 'restricted' };
  for (const hasPackageServer of [true, undefined, false]) {
    await using player = await openPlayer({
      ...says([restricted]),
      ...(hasPackageServer === undefined ? {} : { hasPackageServer }),
    });
    const page = await opened(t, player.link('/'));
    await page.getByRole('region', { name: 'office' }).waitFor();
    const offers = page.getByRole('button', { name: /^Install the (newest package|update)$/ });
    assert.equal(await offers.count(), hasPackageServer === false ? 0 : 2);
  }
});
