import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { hasProgram } from '../src/sys/programs/exec.ts';
import type { LabNetwork } from './network.ts';

/** Chromium without a window, and without what only a window needs: it takes a third of the processor time. */
const CHROMIUM = 'chromium-headless-shell';

/** Chromium asks its maker’s servers for many things at its start; here it reaches none. */
const QUIET = [
  ...['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ...['--disable-quic', '--disable-gpu', '--no-sandbox'],
];

export function whyNoBrowser(): string | false {
  return hasProgram(CHROMIUM) ? false : `not installed: ${CHROMIUM}`;
}

/** A browser on the user’s computer: its loopback is the computer’s, which another network namespace does not share. */
export class LabBrowser implements AsyncDisposable {
  readonly browser: Browser;
  readonly #folder: string;

  private constructor(browser: Browser, folder: string) {
    this.browser = browser;
    this.#folder = folder;
  }

  /** On the user’s computer of a lab, or without one on this computer; with more of its command line. */
  static async start(network?: LabNetwork, more: readonly string[] = []): Promise<LabBrowser> {
    const folder = mkdtempSync(join(tmpdir(), 'lazlab-browser-'));
    const words = (network?.command('host', CHROMIUM, []) ?? [CHROMIUM]).map((word) => `'${word}'`);
    const program = join(folder, 'chromium');
    writeFileSync(program, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
    chmodSync(program, 0o755);
    const browser = await chromium.launch({ executablePath: program, args: [...QUIET, ...more], headless: true });
    return new LabBrowser(browser, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Opens a page by its one-time link, which leads on by itself. A route that is set meanwhile is sometimes lost, and what the page
 * asks with it: who gets the page back has it as it stays.
 */
export async function followLink(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.waitForURL(({ pathname }) => pathname !== '/open');
}

/** Colours that are on their way from one theme to another have the contrast of neither. What moves without end does not count. */
const COMES_TO_REST = `Promise.allSettled(document.getAnimations()
  .filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity)
  .map(({ finished }) => finished)).then(() => undefined)`;

/** What axe finds against WCAG 2.2 AA in a page as it stands, one line a fault. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(COMES_TO_REST);
  // The page’s own policy lets no script in but its own; the debugger may.
  await page.evaluate(AxeBuilder.source);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof AxeBuilder };
    const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const { violations } = await axe.run({ runOnly });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  });
}
