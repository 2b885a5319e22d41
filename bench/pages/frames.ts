import type { CDPSession, Locator, Page } from 'playwright-core';
import type { Figure } from '../table.ts';

const MAX_FRAME_MS = 50;
/** A frame of a screen at 60 Hz. */
const MAX_MOVE_MS = 16;
const STEPS = 120;
const WHEEL_PX = 240;
const KEYS = ['Home', 'End', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown'].flatMap((key) =>
  Array.from({ length: key.length < 5 ? 1 : STEPS / 4 }, () => key),
);
const WATCH_FRAMES = `
  globalThis.frameTimes = [];
  let last = performance.now();
  const next = (now) => {
    frameTimes.push(now - last);
    last = now;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);`;

/** The longest time between two frames while something is done in a page that has been loaded. */
async function worstFrame(page: Page, what: string, work: () => Promise<void>): Promise<Figure> {
  await page.evaluate(WATCH_FRAMES);
  await work();
  const times: number[] = await page.evaluate('frameTimes');
  // The first is the time until the loop began.
  const worst = Math.max(...times.slice(1));
  return {
    what: `manager: worst frame while ${what}`,
    measured: `${worst.toFixed(0)} ms of ${times.length} frames`,
    target: `≤ ${MAX_FRAME_MS} ms`,
    met: worst <= MAX_FRAME_MS,
  };
}

/** What is shown scrolls by the mouse’s wheel, down and up again, once it has loaded. */
export async function scrollFigure(page: Page, what: string, shown: Locator): Promise<Figure> {
  await shown.waitFor();
  return worstFrame(page, what, async () => {
    await shown.hover();
    for (const way of [1, -1])
      for (let step = 0; step < STEPS / 2; step += 1) await page.mouse.wheel(0, way * WHEEL_PX);
  });
}

/**
 * The red line moves over versions by keyboard, step by step and by pages: the longest time between two frames, and the
 * processor time of the page per move, which no load of the computer changes.
 */
export async function lineFigures(page: Page, versions: number): Promise<Figure[]> {
  await page.getByRole('slider').focus();
  const debug = await page.context().newCDPSession(page);
  await debug.send('Performance.enable', { timeDomain: 'threadTicks' });
  const before = await taskSeconds(debug);
  const worst = await worstFrame(page, `the line moves over ${versions} versions`, async () => {
    for (const key of KEYS) await page.keyboard.press(key);
  });
  const moveMs = ((await taskSeconds(debug)) - before) * (1000 / KEYS.length);
  return [
    worst,
    {
      what: 'manager: processor time of the page per move of the line',
      measured: `${moveMs.toFixed(1)} ms`,
      target: `≤ ${MAX_MOVE_MS} ms`,
      met: moveMs <= MAX_MOVE_MS,
    },
  ];
}

/** How long the page’s main thread has worked. */
async function taskSeconds(debug: CDPSession): Promise<number> {
  const { metrics } = await debug.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
}
