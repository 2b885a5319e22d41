import { setTimeout as sleep } from 'node:timers/promises';
import type { BrowserContext, Page } from 'playwright-core';
import type { MainJob } from '../../lab/main-job.ts';
import { type Figure, median } from '../table.ts';
import { DirectViewer } from './direct-viewer.ts';

const ROUNDS = 5;
const ROUND_MS = 3000;
const AT_LEAST = 0.8;
/** A viewer asks for the next update once it has drawn one: RFB’s message 3, which noVNC sends by itself. */
const COUNT_REQUESTS = `
  globalThis.updatesAskedFor = 0;
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0)[0] === 3) updatesAskedFor += 1;
    return send.call(this, data);
  };`;
/** Fills the screen with numbers, as fast as the guest can. */
const PAINT = `awk 'BEGIN { for (;;) print n++ }' >/dev/tty1 & echo`;

/** Has the page count what it draws of a screen, from its next navigation on. */
export async function countUpdates(context: BrowserContext): Promise<void> {
  await context.addInitScript(COUNT_REQUESTS);
}

/** The frames of a guest that paints all the time, in the page and in a client of its own on the same socket, in turn. */
export async function consoleFigure(job: MainJob, page: Page): Promise<Figure> {
  await job.startMachine();
  await job.guest(PAINT);
  const [inPage, direct]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    inPage.push(await framesInPage(page, job.vm));
    // No console is open meanwhile.
    await page.goto(new URL('/events', page.url()).href);
    direct.push(await framesDirect(job.computer.sockets(job.vm).vnc));
  }
  await job.stopMachine();
  const ratio = median(inPage) / median(direct);
  const perSecond = (frames: number[]) => `${((median(frames) * 1000) / ROUND_MS).toFixed(1)}/s`;
  return {
    what: 'player: frames of a console, beside those of a direct VNC client',
    measured: `${ratio.toFixed(2)} × (${perSecond(inPage)} of ${perSecond(direct)})`,
    target: `≥ ${AT_LEAST} ×`,
    met: ratio >= AT_LEAST,
  };
}

async function framesInPage(page: Page, vm: string): Promise<number> {
  await page.goto(new URL(`/machines/${vm}`, page.url()).href);
  await page.getByRole('application').locator('canvas').waitFor();
  await page.waitForFunction('updatesAskedFor > 2');
  const before = Number(await page.evaluate('updatesAskedFor'));
  await sleep(ROUND_MS);
  return Number(await page.evaluate('updatesAskedFor')) - before;
}

async function framesDirect(path: string): Promise<number> {
  await using viewer = await DirectViewer.connect(path);
  await viewer.nextUpdate();
  let frames = 0;
  for (const end = performance.now() + ROUND_MS; performance.now() < end; frames += 1) await viewer.nextUpdate();
  return frames;
}
