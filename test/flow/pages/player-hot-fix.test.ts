import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { accessibilityFaults, followLink, LabBrowser, whyNoBrowser } from '../../../lab/browser.ts';
import { openPlayer, type Said } from '../../../lab/player-page.ts';
import type { MachineAnswer } from '../../../src/api/machine.ts';

const NEEDS = { skip: whyNoBrowser() };
const ENDS_AT = '2026-12-25T00:00:00.000Z';
const LETTERS = Array.from({ length: 14 }, (_none, at) => `M4Q${'ABCDEFGHJKMNPQ'[at]}X`).join(' ');
const OVER: MachineAnswer = {
  ...{ vm: 'office', state: 'stopped', expiration: { state: 'expired', endsAt: ENDS_AT, daysLeft: 0 } },
  cannotStart: { code: 'EXPIRED', reason: 'office has expired', remedy: 'Ask your administrator for more time.' },
};
const HOT_FIX: NonNullable<Said['hotFix']> = {
  asked: {
    ...{ vm: 'office', problem: 'expired', file: '{"kind":"hot-fix-request"}\n', fileName: 'office.hot-fix-request' },
    ...{ letters: LETTERS, until: '2027-01-01T10:00:00.000Z', email: 'help@acme.example', telephone: '555 0199' },
    instructions: 'Say your room too.',
  },
  does: {
    vm: 'office',
    problem: 'expired',
    kind: 'renewal',
    text: '',
    endsAt: '2027-01-11T00:00:00.000Z',
    message: 'Ann',
  },
};

/** The player in each look that must hold: no fault that axe finds, nothing wider than the page. */
async function holdsUp(page: Page, name: string): Promise<void> {
  for (const [width, height] of [
    [1280, 800],
    [390, 844],
  ] as const) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
      assert.deepEqual(await accessibilityFaults(page), [], `${name}, ${colorScheme}, ${width} px`);
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width);
      await shoot(page, `${name}-${width}-${colorScheme}`);
    }
  }
}

/** Whether it is the one that is filled. */
async function mainButton(card: Locator, name: string, role: 'button' | 'link' = 'button'): Promise<boolean> {
  return (await card.getByRole(role, { name, exact: true }).getAttribute('data-variant')) === 'filled';
}

async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env['LAZARET_SCREENS'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `player-${name}.png`) });
}

test('an expired machine’s user asks for a hot fix, sees what the answer does, and does it', NEEDS, async () => {
  await using player = await openPlayer({
    machines: [{ ...OVER, hotFixes: ['expired'] }],
    ...{ events: [], hotFix: HOT_FIX },
  });
  await using lab = await LabBrowser.start();
  const context = await lab.browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', timezoneId: 'UTC' });
  const page = await context.newPage();
  await followLink(page, player.link('/'));
  const card = page.getByRole('region', { name: 'office' });
  assert.equal(await mainButton(card, 'Ask for a hot fix …'), true, 'what helps is the main button');
  assert.equal(await mainButton(card, 'Start'), false, 'a start is known to fail');
  await page.getByRole('button', { name: 'Ask for a hot fix' }).click();
  await page.getByText('Its time is over, or about to be.').waitFor();
  await holdsUp(page, 'hot-fix');
  await page.getByLabel('Who you are').fill(' Bea Miller ');
  await page.getByLabel('What else your administrator should know').fill('On a journey.');
  const asked = page.waitForRequest('**/hot-fix/request');
  await page.getByRole('button', { name: 'Make the request' }).click();

  assert.deepEqual((await asked).postDataJSON(), {
    ...{ problem: 'expired', name: 'Bea Miller', address: '', note: 'On a journey.' },
  });
  await page.getByText('send it to help@acme.example').waitFor();
  await page.getByText('Say your room too.').waitFor();
  await page.getByText('Call 555 0199 and read this out').waitFor();
  assert.equal(await page.getByRole('listitem').filter({ hasText: /^M4Q/ }).count(), 14);
  const mail = await page.getByRole('link', { name: 'Open a mail' }).getAttribute('href');
  assert.match(mail ?? '', /^mailto:help%40acme\.example\?subject=Hot%20fix%20for%20office&body=Please%20attach/);
  await holdsUp(page, 'hot-fix-asked');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the request' }).click();
  assert.equal((await download).suggestedFilename(), 'office.hot-fix-request');
  assert.equal(readFileSync((await (await download).path()) ?? '', 'utf8'), HOT_FIX.asked.file);

  await page.getByRole('button', { name: 'I have an answer' }).click();
  const answer = { name: 'office.hot-fix', mimeType: 'application/json', buffer: Buffer.from('{"signed":1}') };
  await page.locator('input[type=file]').setInputFiles(answer);
  const foreseen = page.waitForRequest('**/hot-fix/foresee');
  await page.getByRole('button', { name: 'See what it does' }).click();
  assert.deepEqual((await foreseen).postDataJSON(), { file: '{"signed":1}' });
  await page.getByText(/^The machine may be used until .*10 Jan.* 2027/).waitFor();
  await page.getByText('Ann', { exact: true }).waitFor();
  await holdsUp(page, 'hot-fix-answer');
  const applied = page.waitForRequest('**/hot-fix/apply');
  await page.getByRole('button', { name: 'Do it' }).click();
  assert.deepEqual((await applied).postDataJSON(), { file: '{"signed":1}' });
  await page.getByText('The machine may be used again.').waitFor();
});

test('letters are typed in place of a file, and another answer is looked at anew', NEEDS, async () => {
  await using player = await openPlayer({
    machines: [{ ...OVER, hotFixes: ['expired'] }],
    ...{ events: [], hotFix: HOT_FIX },
  });
  await using lab = await LabBrowser.start();
  const page = await (await lab.browser.newContext({ locale: 'de-DE' })).newPage();
  await followLink(page, player.link('/machines/office'));
  await page.getByRole('button', { name: 'Um Soforthilfe bitten' }).click();
  await page.getByRole('button', { name: 'Ich habe eine Antwort' }).click();
  await page.getByLabel('Oder die Buchstaben').fill('m4qzx');
  const foreseen = page.waitForRequest('**/hot-fix/foresee');
  await page.getByRole('button', { name: 'Ansehen, was sie tut' }).click();
  assert.deepEqual((await foreseen).postDataJSON(), { letters: 'm4qzx' });
  await page.getByRole('button', { name: 'Tun', exact: true }).waitFor();
  await page.getByLabel('Oder die Buchstaben').fill('m4qzy');
  await page.getByRole('button', { name: 'Ansehen, was sie tut' }).waitFor();
});

test(
  'fact 76: without hot fixes for it a page offers none; a lost password is told where it is asked for',
  NEEDS,
  async () => {
    const remedy = 'Give the password.';
    const over = 'Ask your administrator, and see `lazaret status`.';
    await using player = await openPlayer({
      machines: [
        { ...OVER, hotFixes: ['moved'], cannotStart: { code: 'EXPIRED', reason: 'office has expired', remedy: over } },
        { vm: 'own', state: 'stopped', password: true, hotFixes: ['password'] },
        { vm: 'other', state: 'stopped', password: true },
      ],
      ...{ events: [], hotFix: HOT_FIX },
      starting: { code: 'PASSWORD_NEEDED', reason: 'it is opened with a password', remedy, causes: [], details: {} },
    });
    await using lab = await LabBrowser.start();
    const page = await (await lab.browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' })).newPage();
    await followLink(page, player.link('/'));
    await page.getByRole('region', { name: 'office' }).getByText('Ask your administrator').waitFor();
    assert.equal(await page.getByRole('button', { name: 'hot fix' }).count(), 0);
    const office = page.getByRole('region', { name: 'office' });
    assert.deepEqual([await mainButton(office, 'Start'), await mainButton(office, 'Why?', 'link')], [false, true]);
    assert.equal(await mainButton(page.getByRole('region', { name: 'own' }), 'Start'), true);
    assert.equal(await office.locator('code').textContent(), 'lazaret status', 'what is to be typed is without quotes');
    await page.getByRole('region', { name: 'other' }).getByRole('button', { name: 'Start' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'I have lost the password' }).count(), 0);
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('region', { name: 'own' }).getByRole('button', { name: 'Start' }).click();
    await page.getByRole('button', { name: 'I have lost the password' }).click();
    await page.getByText('Its password is lost.').waitFor();
  },
);
