// npm run screens [-- PART…]: pictures of every page, or of those with a part in their name, into docs/screens/, over what is always the same,
// so that they change when pages do.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { followLink, LabBrowser, whyNoBrowser } from '../lab/browser.ts';
import { ManagerInBrowser } from '../lab/manager-page.ts';
import { openPlayer, type Said } from '../lab/player-page.ts';
import { run } from '../src/sys/programs/exec.ts';
import { MANAGER_SHOTS } from './manager-shots.ts';
import { EMPTY_SHOTS, PLAYER_SHOTS } from './player-shots.ts';
import { officeProject } from './screens-of.ts';
import { NOTHING_SAID, PLAYER_SAYS, PROJECT } from './screens-player.ts';
import { NOW, type Shot, shoot } from './shot.ts';

const PARTS = process.argv.slice(2);
const FOLDER = join(import.meta.dirname, '..', 'docs', 'screens');

function isWanted(who: string) {
  return ({ name }: Shot) => PARTS.length === 0 || PARTS.some((part) => `${who}-${name}`.includes(part));
}

/** What every project has of its own is the same in every picture. */
async function likeAlways(page: Page): Promise<void> {
  await page.route('**/api/v1/project', async (route) => {
    const response = await route.fetch();
    const said = await response.json();
    const { fingerprint } = PROJECT;
    const json = { ...said, folder: '/home/admin/acme', identity: { ...said.identity, fingerprint } };
    await route.fulfill({ response, json });
  });
}

async function managerScreens(): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'lazaret-screens-'));
  try {
    const folder = await officeProject(work);
    await using manager = await ManagerInBrowser.open(folder);
    const { page, origin } = manager;
    await page.clock.setFixedTime(NOW);
    // The descriptor of a new version is drawn by lot.
    await page.addInitScript('crypto.getRandomValues = (array) => array.fill(0xA2511218)');
    // A page that is left with changes asks; a picture changes nothing.
    page.on('dialog', (dialog) => void dialog.accept());
    for (const shot of MANAGER_SHOTS.filter(isWanted('manager'))) {
      await likeAlways(page);
      await shoot(page, { origin, folder: FOLDER, who: 'manager' }, shot);
      await page.unrouteAll({ behavior: 'ignoreErrors' });
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function playerScreens(said: Said, shots: readonly Shot[]): Promise<void> {
  await using player = await openPlayer(said);
  await using lab = await LabBrowser.start();
  const page = await (await lab.browser.newContext({ locale: 'en-GB', timezoneId: 'UTC' })).newPage();
  await page.clock.setFixedTime(NOW);
  // A browser without a window has refused what a user’s is asked for.
  await page.addInitScript("Object.defineProperty(Notification, 'permission', { value: 'default' })");
  const link = player.link('/');
  await followLink(page, link);
  for (const shot of shots.filter(isWanted('player')))
    await shoot(page, { origin: new URL(link).origin, folder: FOLDER, who: 'player' }, shot);
}

const reason = whyNoBrowser();
if (reason !== false) throw new Error(`no pictures can be taken here: ${reason}`);
if (PARTS.length === 0) rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
await managerScreens();
await playerScreens(PLAYER_SAYS, PLAYER_SHOTS);
await playerScreens(NOTHING_SAID, EMPTY_SHOTS);
const taken = readdirSync(FOLDER).filter((name) => PARTS.length === 0 || PARTS.some((part) => name.includes(part)));
const pictures = taken.map((name) => join(FOLDER, name));
// A page has few colours; as a palette a picture takes a third.
await run('pngquant', ['--force', '--ext', '.png', '--speed', '1', '--nofs', ...pictures], { timeoutMs: 600_000 });
