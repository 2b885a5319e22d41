import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { accessibilityFaults, followLink, LabBrowser, whyNoBrowser } from '../../lab/browser.ts';
import { smallGuest } from '../../lab/guest.ts';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { deviceCommands } from '../fakes/device-job.ts';
import { HEARD, MEASURE, PLAY, STOP, WAVE } from '../fakes/heard-tone.ts';
import { shoot } from '../fakes/shoot.ts';
import { tone } from '../fakes/tone-file.ts';

const [RATE, MIDDLE] = [8000, 128];
/** What the microphone hears: another tone than the guest plays. */
const SPOKEN_HZ = 800;
/** A browser without a window has no question for its user: it refuses, or with this it lets every page. */
const LETS = '--use-fake-ui-for-media-stream';
/** Half a second of what it hears, the old way of Linux: samples of 8 bits. */
const RECORD = `dd if=/dev/dsp bs=${RATE / 2} count=1 2>/dev/null | base64`;

test('a guest hears the microphone of a page whose user has opened it there, as long as its project lets it', {
  skip: whyNoNetwork() || whyNoBrowser(),
}, async (t) => {
  await using job = await MainJob.start(undefined, smallGuest({ hasDevices: true }));
  const { computer, vm } = job;
  const fingerprint = await job.makeProject();
  const { manager, lazaret, rule: ruleOf } = deviceCommands(job);
  const rule = (who: string) => ruleOf('mic', who);
  await manager('vm', 'device', 'add', vm, 'mic', '--kind', 'microphone');
  await manager('vm', 'device', 'add', vm, 'speaker', '--kind', 'sound');
  await manager('policy', 'device', vm, 'speaker', '--everybody');
  await job.setQuarantine({ interval: '1h' });
  await job.serve();
  await job.deploy();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  const heard = async () => Buffer.from((await job.guest(RECORD)).output, 'base64');
  const hearsTone = () => until(async () => Math.abs(frequencyOf(await heard()) - SPOKEN_HZ) < 20);
  const hearsNothing = () => until(async () => isSilent(await heard()));

  const spoken = join(computer.folder, 'spoken.wav');
  writeFileSync(spoken, tone(SPOKEN_HZ));
  const capture = ['--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${spoken}`];
  const machinePage = async ({ browser }: LabBrowser) => {
    const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
    const opened = await context.newPage();
    await opened.addInitScript(MEASURE);
    const { url } = JSON.parse(await lazaret('open', '--no-browser', '--json'));
    await followLink(opened, url);
    await opened.getByRole('region', { name: vm }).waitFor();
    await opened.goto(new URL(`/machines/${vm}`, url).href);
    return opened;
  };
  const itemOf = async (shown: Page) => {
    await shown.getByRole('button', { name: 'More' }).click();
    const found = shown.getByRole('menuitemcheckbox', { name: 'Let it hear my microphone' });
    await found.waitFor();
    return found;
  };
  await using lab = await LabBrowser.start(job.network, [...capture, LETS]);
  const page = await machinePage(lab);
  const open = page.getByText(`The microphone is open: ${vm} hears what is said here.`);

  await t.test('it hears silence where the policy says nothing of it: the switch is locked', async () => {
    assert.ok(isSilent(await heard()));
    const item = await itemOf(page);
    assert.ok(await item.isDisabled());
    await item.getByText('set by Office').waitFor();
    await page.keyboard.press('Escape');
    assert.match(await lazaret('connect', vm, 'mic'), /DEVICE_FORBIDDEN/);
  });

  await t.test('where its user does not let the browser, nothing is connected', async () => {
    await rule('--everybody');
    await using refusing = await LabBrowser.start(job.network, capture);
    const refused = await machinePage(refusing);
    await (await itemOf(refused)).click();
    await refused.getByText('The browser does not give this page a microphone.').waitFor();
    assert.match(await lazaret('devices', vm), /^mic +microphone +– /m);
  });

  await t.test('a click opens it, and the page says so as long as it is open; it hears what is said', async () => {
    await page.reload();
    await (await itemOf(page)).click();
    await open.waitFor();
    await hearsTone();
    assert.match(await lazaret('devices', vm), /^mic +microphone +the player +everybody/m);
    assert.deepEqual(await accessibilityFaults(page), []);
    await shoot(page, 'player-microphone');
  });

  await t.test('it plays while it hears', async () => {
    assert.equal((await job.guest(WAVE)).status, 0);
    await job.guest(PLAY);
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Play its sound here' }).click();
    await until(() => page.evaluate<boolean>(HEARD));
    await job.guest(STOP);
    await hearsTone();
  });

  await t.test('closed in the page it hears silence; the device stays connected', async () => {
    await page.getByRole('button', { name: 'Close it' }).click();
    await open.waitFor({ state: 'detached' });
    await hearsNothing();
    assert.match(await lazaret('devices', vm), /^mic +microphone +the player/m);
    await (await itemOf(page)).click();
    await hearsTone();
  });

  await t.test('a policy that takes it back is in force at once, and the page says so', async () => {
    await rule('--nobody');
    await page.getByText('The microphone is closed: the machine hears this page no more.').waitFor();
    await open.waitFor({ state: 'detached' });
    await hearsNothing();
    assert.match(await lazaret('events'), /“mic” is disconnected: the project lets nobody/);
  });

  await t.test('a machine that goes on where it was hears again, once that is asked for anew', async () => {
    await rule('--everybody');
    await lazaret('suspend', vm);
    await job.startMachine();
    assert.ok(isSilent(await heard()));
    await page.reload();
    await (await itemOf(page)).click();
    await hearsTone();
  });

  await job.stopMachine();
});

/** The tone, by the usual distance of two waves: what came late does not count. */
function frequencyOf(samples: Buffer): number {
  const rises = [...samples.keys()].filter(
    (at) => (samples[at - 1] ?? MIDDLE) < MIDDLE && (samples[at] ?? 0) >= MIDDLE,
  );
  const waves = rises.slice(1).map((at, index) => at - (rises[index] ?? 0));
  return RATE / (waves.sort((one, other) => one - other)[waves.length >> 1] ?? Number.NaN);
}

function isSilent(samples: Buffer): boolean {
  return samples.length > 0 && samples.every((sample) => Math.abs(sample - MIDDLE) <= 2);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}
