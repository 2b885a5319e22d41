import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessibilityFaults, followLink, LabBrowser, whyNoBrowser } from '../../lab/browser.ts';
import { smallGuest } from '../../lab/guest.ts';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { soundOf } from '../../src/vm/sound.ts';
import { deviceCommands } from '../fakes/device-job.ts';
import { HEARD, MEASURE, PLAY, STOP, TONE_HZ, WAVE } from '../fakes/heard-tone.ts';
import { shoot } from '../fakes/shoot.ts';

const RATE = 48_000;
const ASKS = `new Promise((resolve) => {
  const socket = new WebSocket('ws://' + location.host + 'PATH');
  socket.onopen = () => resolve(true);
  socket.onerror = () => resolve(false);
})`;

test('what a guest plays is heard in the player, as long as its project lets it, and by nobody else', {
  skip: whyNoNetwork() || whyNoBrowser(),
}, async (t) => {
  await using job = await MainJob.start(undefined, smallGuest({ hasDevices: true }));
  const { computer, vm } = job;
  const fingerprint = await job.makeProject();
  const { manager, lazaret, rule: ruleOf } = deviceCommands(job);
  const rule = (who: string) => ruleOf('speaker', who);
  await manager('vm', 'device', 'add', vm, 'speaker', '--kind', 'sound');
  await job.setQuarantine({ interval: '1h' });
  await job.serve();
  await job.deploy();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  assert.equal((await job.guest(WAVE)).status, 0);
  await job.guest(PLAY);

  await using lab = await LabBrowser.start(job.network);
  const context = await lab.browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.addInitScript(MEASURE);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  const sockets: { pieces: Buffer[]; isClosed: () => boolean }[] = [];
  page.on('websocket', (socket) => {
    if (!socket.url().endsWith('/sound')) return;
    const pieces: Buffer[] = [];
    sockets.push({ pieces, isClosed: () => socket.isClosed() });
    socket.on('framereceived', ({ payload }) => pieces.push(Buffer.from(payload)));
  });
  const { url } = JSON.parse(await lazaret('open', '--no-browser', '--json'));
  await followLink(page, url);
  await page.getByRole('region', { name: vm }).waitFor();
  await page.goto(new URL(`/machines/${vm}`, url).href);
  const item = page.getByRole('menuitemcheckbox', { name: 'Play its sound here' });
  const menu = async () => {
    await page.getByRole('button', { name: 'More' }).click();
    await item.waitFor();
  };
  /** Whether a page that is let in, and asks for the sound itself, gets it. */
  const asksItself = () => page.evaluate<boolean>(ASKS.replace('PATH', `/api/v1/machines/${vm}/sound`));
  const hears = () => until(() => page.evaluate<boolean>(HEARD));

  await t.test(
    'nobody hears it where the policy says nothing of it: the switch is locked, and says who decided',
    async () => {
      await menu();
      assert.ok(await item.isDisabled());
      await item.getByText('set by Office').waitFor();
      await shoot(page, 'player-sound-locked');
      assert.deepEqual(await accessibilityFaults(page), []);
      await page.keyboard.press('Escape');
      assert.match(await lazaret('devices', vm), /^speaker +sound +– +the project lets nobody connect it/m);
      assert.match(await lazaret('connect', vm, 'speaker'), /DEVICE_FORBIDDEN/);
      assert.equal(await asksItself(), false);
    },
  );

  await t.test(
    'the screen has no sound, whatever its client asks for: that has a socket of the service’s alone',
    async () => {
      const ends = new AbortController();
      const screen = heardFrom(computer.sockets(vm).vnc, ends.signal);
      const sound = soundOf(computer.sockets(vm).sound, ends.signal);
      const pieces: Buffer[] = [];
      for await (const piece of sound) {
        pieces.push(Buffer.from(piece));
        if (lengthOf(pieces) > 2 * RATE * 4) break;
      }
      ends.abort();
      assert.equal(frequencyOf(pieces), TONE_HZ, 'it was played meanwhile');
      assert.equal(await screen, 0);
    },
  );

  await t.test('where the project lets him, a click plays it: the tone that the guest plays', async () => {
    await rule('--everybody');
    assert.equal(await asksItself(), false, 'before it is connected nobody hears it');
    await page.reload();
    await menu();
    assert.equal(await item.getAttribute('aria-checked'), 'false');
    await item.click();
    await hears();
    await menu();
    assert.equal(await item.getAttribute('aria-checked'), 'true');
    await shoot(page, 'player-sound');
    await page.keyboard.press('Escape');
    const { pieces = [] } = sockets.at(-1) ?? {};
    assert.equal(frequencyOf(pieces), TONE_HZ);
    assert.match(await lazaret('devices', vm), /^speaker +sound +the player +everybody/m);
  });

  await t.test('what the guest does not play any more is not heard, and what it plays then is', async () => {
    await job.guest(STOP);
    await until(() => page.evaluate('globalThis.loudest().level < -90'));
    await job.guest(PLAY);
    await hears();
  });

  await t.test('a second click makes the page silent; the device stays connected', async () => {
    await menu();
    await item.click();
    await until(() => sockets.at(-1)?.isClosed());
    assert.match(await lazaret('devices', vm), /^speaker +sound +the player/m);
    await menu();
    await item.click();
    await hears();
  });

  await t.test('once it is disconnected nothing more comes, and the page says so', async () => {
    const heard = sockets.at(-1) ?? assert.fail('nothing was heard');
    assert.match(await lazaret('disconnect', vm, 'speaker'), /“speaker” of office is not connected/);
    await page.getByText('Its sound is heard here no more.').first().waitFor();
    await until(heard.isClosed);
    await menu();
    assert.equal(await item.getAttribute('aria-checked'), 'false');
    await page.keyboard.press('Escape');
    assert.equal(await asksItself(), false);
  });

  await t.test('among the devices it stands without a file, and is connected for all pages there', async () => {
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Devices …' }).click();
    const speaker = page.getByRole('dialog', { name: `Devices: ${vm}` }).getByRole('region', { name: 'speaker' });
    await speaker.getByText('Sound, heard in this page').waitFor();
    assert.equal(await speaker.getByRole('textbox').count(), 0);
    await speaker.getByRole('button', { name: 'Connect' }).click();
    await speaker.getByText('Connected: it may be heard in this page').waitFor();
    assert.equal(await speaker.getByRole('button', { name: 'Change' }).count(), 0);
    await shoot(page, 'player-sound-device');
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.equal(await asksItself(), true);
    await speaker.getByRole('button', { name: 'Disconnect' }).click();
    await speaker.getByText('Connected:').waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
  });

  await t.test('a service that is started again knows that it may be heard', async () => {
    assert.match(await lazaret('connect', vm, 'speaker'), /“speaker” of office is connected: the player/);
    assert.match(await lazaret('connect', vm, 'speaker', '/dev/null'), /USAGE/);
    await computer.stopService();
    await computer.startService();
    await until(asksItself);
  });

  await t.test('a policy that takes it back is in force at once, for who hears it then', async () => {
    await page.reload();
    await menu();
    await item.click();
    await hears();
    await rule('--nobody');
    await until(() => sockets.at(-1)?.isClosed());
    assert.equal(await asksItself(), false);
    assert.match(await lazaret('events'), /“speaker” is disconnected: the project lets nobody/);
  });

  await t.test('a machine that goes on where it was plays on, and is heard once that is asked for anew', async () => {
    await rule('--everybody');
    await lazaret('connect', vm, 'speaker');
    await lazaret('suspend', vm);
    await job.startMachine();
    assert.match(await lazaret('devices', vm), /^speaker +sound +– /m);
    await page.reload();
    await menu();
    await item.click();
    await hears();
  });

  assert.deepEqual(errors, []);
  await job.stopMachine();
});

/** How many bytes of sound a server gives out until the signal. */
async function heardFrom(path: string, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  for await (const { length } of soundOf(path, signal)) bytes += length;
  return bytes;
}

function lengthOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** The tone of the left ear, by the usual distance of two waves. */
function frequencyOf(pieces: readonly Buffer[]): number {
  const bytes = Buffer.concat(pieces);
  const left = Array.from({ length: bytes.length >> 2 }, (_, at) => bytes.readInt16LE(at * 4));
  const begins = left.flatMap((sample, at) => ((left[at - 1] ?? 0) < -1000 && sample >= -1000 ? [at] : []));
  const waves = begins.slice(1).map((at, index) => at - (begins[index] ?? 0));
  return RATE / (waves.sort((one, other) => one - other)[waves.length >> 1] ?? Number.NaN);
}

async function until(isSo: () => boolean | undefined | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}
