import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { followLink, LabBrowser, whyNoBrowser } from '../../lab/browser.ts';
import { PASSPHRASE } from '../../lab/computer.ts';
import { bootedGuest, whyNotBooted } from '../../lab/guest.ts';
import { MainJob } from '../../lab/main-job.ts';
import { SERVERS, whyNoNetwork } from '../../lab/network.ts';
import { pageLinks } from '../../lab/pages.ts';
import { shoot } from '../fakes/shoot.ts';

const NEEDS = { skip: whyNoNetwork() || whyNoBrowser() || whyNotBooted() };
const MESSAGE = 'This computer is not up to date: please install the November updates.';
/** A guest that is slow loses keys, as it would of a hand that types on. */
const KEY_MS = 60;
const LOOK_MS = 10_000;

test(
  'the whole story by clicks: a project gets a machine and its quarantine, a user his package, and his access its turn',
  NEEDS,
  async (t) => {
    const guest = bootedGuest();
    await using job = await MainJob.start(undefined, guest);
    const { computer } = job;
    const server = `http://${SERVERS.web}/policies`;
    const links = await pageLinks(job);
    await using lab = await LabBrowser.start(job.network);
    const context = await lab.browser.newContext({
      locale: 'en-GB',
      viewport: { width: 1280, height: 720 },
      reducedMotion: 'reduce',
    });
    const complaints: string[] = [];
    const opened = async (link: string): Promise<Page> => {
      const page = await context.newPage();
      page.on(
        'console',
        (message) => message.type() === 'error' && complaints.push(`${message.text()} ${message.location().url}`),
      );
      page.on('pageerror', (error) => complaints.push(error.message));
      await followLink(page, link);
      return page;
    };
    const manager = await opened(links.manager);
    const player = await opened(links.player);
    // A tab behind another draws a frame a second only.
    await manager.bringToFront();
    const next = () => manager.getByRole('button', { name: 'Next' }).click();
    let fingerprint = '';
    const commands: string[] = [];

    await t.test('the administrator makes a project where there is none', async () => {
      await manager.getByLabel('Name').fill('Office');
      await manager.getByLabel('Policy server').fill(server);
      await manager.getByLabel('Passphrase of its keys').fill(PASSPHRASE);
      await manager.getByLabel('The same once more').fill(PASSPHRASE);
      await shoot(manager, 'story-project');
      await manager.getByRole('button', { name: 'Make the project' }).click();
      await manager.getByRole('heading', { level: 1, name: 'Office' }).waitFor();
      // Until it was made, the browser noted of each question about it that there is none.
      assert.deepEqual(new Set(complaints.splice(0).map((text) => /\/v1\/project$/.test(text))), new Set([true]));
    });

    await t.test('the administrator adds a machine to his new project', async () => {
      fingerprint = (await manager.getByText(/^[0-9a-f]{64}$/).textContent()) ?? '';
      await manager.getByRole('main').getByRole('link', { name: 'Add virtual machine' }).first().click();
      await manager.getByLabel('Name').fill('office');
      await manager.locator('input[type=file]').setInputFiles(guest.disk(1));
      await manager.getByRole('combobox', { name: 'Format' }).click();
      await manager.getByRole('option', { name: 'raw' }).click();
      await manager.getByLabel('Memory').fill('128');
      await manager.getByRole('button', { name: 'Add', exact: true }).click();
      await manager.getByText('office is added; it starts by BIOS.').waitFor();
      await manager.getByRole('link', { name: 'To office' }).click();
    });

    await t.test('the wizard: who is reached in normal and in restricted access', async () => {
      await manager.getByRole('link', { name: 'Edit network quarantine policy' }).click();
      await manager.getByRole('radio', { name: 'Version-based quarantine' }).check();
      await next();
      await manager.getByText(`Computers look it up at ${server}.`).waitFor();
      await manager.getByLabel('How often is the policy looked up?').fill('1s');
      await next();
      await addEntries(manager, 'intranet.lab.test', 'update.lab.test');
      await next();
      await next();
      await addEntries(manager, 'update.lab.test');
      await next();
    });

    await t.test('two versions, and the red line between them, moved by keyboard', async () => {
      for (const name of ['2026-10', '2026-11']) {
        await manager.getByRole('button', { name: 'Add new version' }).click();
        const dialog = manager.getByRole('dialog', { name: 'Add New Version' });
        await dialog.getByLabel('Name').fill(name);
        commands.push((await dialog.getByText(/vmware-guestd --cmd "nq-set 0x[0-9A-F]{8}"$/).textContent()) ?? '');
        await shoot(manager, 'story-version');
        await dialog.getByRole('button', { name: 'OK' }).click();
        await dialog.waitFor({ state: 'detached' });
      }
      await manager.getByRole('slider').focus();
      await manager.keyboard.press('ArrowUp');
      await manager.getByText(/^Only machines with 2026-11 have normal access/).waitFor();
      await shoot(manager, 'story-red-line');
      await next();
    });

    await t.test('a message for restricted access; finished and deployed', async () => {
      await manager.getByLabel('Shown while access is restricted').fill(MESSAGE);
      await next();
      await manager.getByRole('row', { name: /Networks and Machines, restricted access.*update\.lab\.test/ }).waitFor();
      await shoot(manager, 'story-ready');
      await manager.getByRole('button', { name: 'Finish' }).click();
      await manager.getByRole('heading', { level: 1, name: 'Deployments' }).waitFor();
      await manager.getByLabel('Passphrase of the project’s keys').fill(PASSPHRASE);
      await manager.getByRole('button', { name: 'Deploy policy' }).click();
      await manager.getByText(/Deploy 1 is signed and lies in/).waitFor();
      await job.serve();
    });

    const packages = join(computer.folder, 'packages');
    await t.test('a package is built after its plan', async () => {
      await manager.getByRole('link', { name: 'Packages', exact: true }).click();
      await manager.getByRole('main').getByRole('link', { name: 'Make a package' }).first().click();
      await manager.getByRole('button', { name: 'Show the plan' }).click();
      await manager.getByText('Machine office: release 1').waitFor();
      await manager.getByLabel('Name of the package').fill('office-1');
      await manager.getByLabel('Folder that receives it').fill(packages);
      await manager.getByLabel('Passphrase of the project’s keys').fill(PASSPHRASE);
      await manager.getByRole('button', { name: 'Make the package' }).click();
      await manager.getByText('office-1 is made, generation 1.').waitFor();
      await shoot(manager, 'story-package');
    });

    await t.test('the user installs it, starts the machine, and reads why its access is restricted', async () => {
      await player.bringToFront();
      await player.getByRole('link', { name: 'Install a package' }).first().click();
      await player.getByLabel('Folder or address of the package').fill(join(packages, 'office-1'));
      await player.getByLabel('The project’s fingerprint').fill(fingerprint);
      await player.getByRole('button', { name: 'See what it would do' }).click();
      await player.getByText('office is installed').waitFor();
      await player.getByRole('button', { name: 'Install', exact: true }).click();
      await player.getByText('The package is installed.').waitFor();
      await player.getByRole('link', { name: 'Machines' }).click();
      await player.getByRole('button', { name: 'Start' }).click();
      const card = player.getByRole('region', { name: 'office' });
      await card.getByText('restricted access').waitFor();
      await card.getByText(MESSAGE).waitFor();
      await card.getByRole('link', { name: 'Open' }).click();
      await player.getByRole('banner').getByText(MESSAGE).waitFor();
    });

    await t.test(
      'he types the commands of both versions at the machine’s screen, and access becomes normal',
      async () => {
        const why = player.getByRole('dialog', { name: 'office' });
        await player.getByRole('button', { name: 'Why?' }).click();
        await why.getByText('has had its address').waitFor();
        await player.keyboard.press('Escape');
        await typeUntil(player, commands[0] ?? '', why.getByText(/^2026-10\b/));
        await typeUntil(player, commands[1] ?? '', why.getByText('normal access'));
        await player.getByRole('banner').getByText('normal access').waitFor();
        await player.getByRole('banner').getByText(MESSAGE).waitFor({ state: 'detached' });
        await shoot(player, 'story-normal');
      },
    );
    assert.deepEqual(complaints, [], 'the browser complained of nothing');
  },
);

async function addEntries(page: Page, ...entries: string[]): Promise<void> {
  for (const entry of entries) {
    await page.getByLabel('Add an address, a subnet or a name').fill(entry);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('list', { name: 'The list' }).getByText(entry).waitFor();
  }
}

/** Types a line at the machine’s screen, then looks into Why? for what should come of it; again where keys were lost. */
async function typeUntil(page: Page, line: string, shown: Locator): Promise<void> {
  for (let isShown = false; !isShown; ) {
    await page.getByRole('application', { name: 'Screen of the machine' }).locator('canvas').click();
    await typeLine(page, line);
    await shoot(page, 'story-typed');
    await page.keyboard.press('Control+Alt+Shift');
    await page.keyboard.press('Enter');
    isShown = await shown.waitFor({ timeout: LOOK_MS }).then(
      () => true,
      () => false,
    );
    await page.keyboard.press('Escape');
    await shown.waitFor({ state: 'hidden' });
  }
}

/** Types as a hand does on a US keyboard, where Shift is a key too. */
async function typeLine(page: Page, line: string): Promise<void> {
  // What stands in the line already goes.
  await page.keyboard.press('Control+u');
  for (const character of line)
    await page.keyboard.press(/[A-Z"]/.test(character) ? `Shift+${character}` : character, { delay: KEY_MS });
  await page.keyboard.press('Enter');
}
