import type { Page } from 'playwright-core';
import type { Figure } from '../table.ts';

const MAX_FRAME_MS = 50;
const STEPS = 120;
const WATCH_FRAMES = `
  globalThis.frameTimes = [];
  let last = performance.now();
  const next = (now) => {
    frameTimes.push(now - last);
    last = now;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);`;

/** The longest time between two frames while the red line moves over versions by keyboard, step by step and by pages. */
export async function worstFrame(page: Page, versions: number): Promise<Figure> {
  await page.getByRole('slider').focus();
  await page.evaluate(WATCH_FRAMES);
  for (const key of ['Home', 'End', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown'])
    for (let step = 0; step < (key.length < 5 ? 1 : STEPS / 4); step += 1) await page.keyboard.press(key);
  const times: number[] = await page.evaluate('frameTimes');
  // The first is the time until the loop began.
  const worst = Math.max(...times.slice(1));
  return {
    what: `manager: worst frame while the line moves over ${versions} versions`,
    measured: `${worst.toFixed(0)} ms of ${times.length} frames`,
    target: `≤ ${MAX_FRAME_MS} ms`,
    met: worst <= MAX_FRAME_MS,
  };
}
