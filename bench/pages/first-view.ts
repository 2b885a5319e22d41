import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { type Figure, milliseconds } from '../table.ts';

const ROUNDS = 7;
const MAX_INTERACTIVE_MS = 1000;

/** The scripts of a page’s first view, and the time until it can be used: `shown` is there by then. */
export async function viewFigures(
  page: Page,
  { name, atMostKB, shown }: { name: string; atMostKB: number; shown: string },
): Promise<Figure[]> {
  const bytes = await scriptBytes(page, shown);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) times.push(await timeUntilShown(page, shown));
  const kB = bytes / 1000;
  return [
    {
      what: `${name}: scripts of the first view, compressed`,
      measured: `${kB.toFixed(0)} kB`,
      target: `≤ ${atMostKB} kB`,
      met: kB <= atMostKB,
    },
    milliseconds(`${name}: interactive after`, times, MAX_INTERACTIVE_MS),
  ];
}

async function scriptBytes(page: Page, shown: string): Promise<number> {
  const scripts: Promise<Buffer>[] = [];
  const collect = (response: { url(): string; body(): Promise<Buffer> }) => {
    if (new URL(response.url()).pathname.endsWith('.js')) scripts.push(response.body());
  };
  page.on('response', collect);
  await timeUntilShown(page, shown);
  page.off('response', collect);
  return (await Promise.all(scripts)).reduce((sum, body) => sum + gzipSync(body).length, 0);
}

/** By the page’s own clock, which begins with the navigation. */
async function timeUntilShown(page: Page, shown: string): Promise<number> {
  await page.goto(new URL('/', page.url()).href, { waitUntil: 'commit' });
  const isShown = `document.querySelector('main')?.textContent.includes(${JSON.stringify(shown)})`;
  return page.evaluate(`new Promise((done) => {
    const look = () => (${isShown} ? done(performance.now()) : requestAnimationFrame(look));
    look();
  })`);
}
