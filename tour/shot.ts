import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';

/** When the pictures are taken, whenever they are. */
export const NOW = new Date('2026-12-01T09:30:00Z');

/** So many minutes before. */
export function before(minutes: number): string {
  return new Date(NOW.getTime() - minutes * 60_000).toISOString();
}

/** A page, and how it is brought to what its picture shows. */
export interface Shot {
  name: string;
  path: string;
  /** What the page’s process would say, where it has nothing to say so in a picture. */
  prepare?: (page: Page) => Promise<unknown>;
  /** What is there once the page has loaded. */
  shown: (page: Page) => Locator;
  /** What is done then. */
  act?: (page: Page) => Promise<unknown>;
}

const WIDE = { width: 1280, height: 720 };
const PHONE = { width: 390, height: 844 };
const VIEWS = [
  { of: 'wide-light', viewport: WIDE, colorScheme: 'light' },
  { of: 'wide-dark', viewport: WIDE, colorScheme: 'dark' },
  { of: 'phone-light', viewport: PHONE, colorScheme: 'light' },
] as const;

/** What still loads; a button of a job that goes on may say so for good. */
const LOADING = '.mantine-Skeleton-root, :not(.mantine-Button-loader) > .mantine-Loader-root';

/** Takes the pictures of a page: wide, in dark, and on a phone. */
export async function shoot(
  page: Page,
  at: { origin: string; folder: string; who: string },
  shot: Shot,
): Promise<void> {
  await shot.prepare?.(page);
  for (const { of, viewport, colorScheme } of VIEWS) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.goto(`${at.origin}${shot.path}`);
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
    await shot.shown(page).first().waitFor();
    await shot.act?.(page);
    await page.locator(LOADING).waitFor({ state: 'detached' });
    const path = join(at.folder, `${at.who}-${shot.name}-${of}.png`);
    await page.evaluate('scrollTo(0, 0)');
    // All of it, also what one scrolls to; what lies over a page covers no more than the window.
    const fullPage = (await page.getByRole('dialog').count()) === 0;
    await page.screenshot({ path, animations: 'disabled', caret: 'hide', fullPage });
  }
}
