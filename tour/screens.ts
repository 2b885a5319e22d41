// npm run screens: pictures of every page into docs/screens/, over what is always the same, so that they change when pages do.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { LabBrowser, whyNoBrowser } from '../lab/browser.ts';
import { ManagerInBrowser } from '../lab/manager-page.ts';
import { openPlayer } from '../lab/player-page.ts';
import { NOW, officeProject, PLAYER_SAYS } from './screens-of.ts';

const FOLDER = join(import.meta.dirname, '..', 'docs', 'screens');
const SIZES = { wide: { width: 1280, height: 720 }, phone: { width: 390, height: 844 } };

/** The pages of the manager and two panels of its wizard, by the names of their pictures, and what is there once they are. */
const MANAGER: [name: string, path: string, shown: string | RegExp][] = [
  ['project', '/', 'a deploy, a package'],
  ['machines', '/machines', 'a deploy, a package'],
  ['machine', '/machines/office', 'version-based'],
  ['versions', '/machines/office/versions', /^Machines with 2026-11 or newer/],
  ['policy', '/machines/office/policy', /2026-11/],
  ['wizard-messages', '/machines/office/quarantine/messages', 'The December updates are there.'],
  ['wizard-ready', '/machines/office/quarantine/ready', '10.0.0.0/8'],
  ['packages', '/packages', 'Packages'],
  ['deployments', '/deployments', 'Deployments'],
  ['problems', '/problems', 'Problems'],
];
const PLAYER: [name: string, path: string, shown: string | RegExp][] = [
  ['machines', '/', /^Please install the December updates/],
  ['install', '/install', 'Folder or address of the package'],
  ['events', '/events', /by: whitelist: not listed/],
];

/** A page at both sizes and in both themes. */
async function shoot(page: Page, origin: string, name: string, path: string, shown: string | RegExp): Promise<void> {
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.goto(`${origin}${path}`);
      await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
      await page.getByRole('main').getByText(shown).first().waitFor();
      await page.locator('.mantine-Skeleton-root, .mantine-Loader-root').waitFor({ state: 'detached' });
      await page.screenshot({ path: join(FOLDER, `${name}-${size}-${colorScheme}.png`), animations: 'disabled' });
    }
  }
}

/** What every project has of its own is the same in every picture. */
async function likeAlways(page: Page): Promise<void> {
  await page.route('**/api/v1/project', async (route) => {
    const response = await route.fetch();
    const said = await response.json();
    const { fingerprint } = PLAYER_SAYS.project;
    const json = { ...said, folder: '/home/admin/acme', identity: { ...said.identity, fingerprint } };
    await route.fulfill({ response, json });
  });
}

async function managerScreens(): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'lazaret-screens-'));
  try {
    const folder = await officeProject(work);
    await using manager = await ManagerInBrowser.open(folder);
    await manager.page.clock.setFixedTime(NOW);
    await likeAlways(manager.page);
    for (const [name, path, shown] of MANAGER)
      await shoot(manager.page, manager.origin, `manager-${name}`, path, shown);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function playerScreens(): Promise<void> {
  await using player = await openPlayer(PLAYER_SAYS);
  await using lab = await LabBrowser.start();
  const page = await (await lab.browser.newContext({ locale: 'en-GB', timezoneId: 'UTC' })).newPage();
  await page.clock.setFixedTime(NOW);
  const link = player.link('/');
  await page.goto(link);
  for (const [name, path, shown] of PLAYER) await shoot(page, new URL(link).origin, `player-${name}`, path, shown);
}

const reason = whyNoBrowser();
if (reason !== false) throw new Error(`no pictures can be taken here: ${reason}`);
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
await managerScreens();
await playerScreens();
