import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BrowserContextOptions, Locator, Page, Request } from 'playwright-core';
import { LIVE_PATH } from '../src/api/paths.ts';
import { accessibilityFaults, followLink, LabBrowser } from './browser.ts';
import { BIN } from './programs.ts';

const SCREENS = process.env['LAZARET_SCREENS'];
const MANAGER = join(BIN, 'lazaret-manager');
const LOOK_MS = 20;
const WIDE = { width: 1280, height: 720 };
const PHONE = { width: 390, height: 844 };

/** The manager’s page of a project in a browser: the real process, as an administrator starts it. */
export class ManagerInBrowser implements AsyncDisposable {
  readonly page: Page;
  /** Where the process serves the page. */
  readonly origin: string;
  /** What the browser complained of; a test says at its end that it was nothing. */
  readonly complaints: string[] = [];
  readonly browser: LabBrowser;
  readonly #ending: () => Promise<void>;
  /** What the page has asked and is not answered yet, but for what goes on as long as it is open. */
  readonly #asked = new Set<Request>();

  private constructor(browser: LabBrowser, page: Page, origin: string, ending: () => Promise<void>) {
    this.browser = browser;
    this.page = page;
    this.origin = origin;
    this.#ending = ending;
    page.on('console', (message) => message.type() === 'error' && this.complaints.push(message.text()));
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('request', (request) => request.url().endsWith(LIVE_PATH) || this.#asked.add(request));
    page.on('requestfinished', (request) => this.#asked.delete(request));
    page.on('requestfailed', (request) => this.#asked.delete(request));
  }

  /** `words` are more of the command line of `lazaret-manager ui`, `environment` of what its process is given. */
  static async open(
    folder: string,
    options: BrowserContextOptions = {},
    words: readonly string[] = [],
    environment: Record<string, string> = {},
  ): Promise<ManagerInBrowser> {
    const { url, ending } = await startedManager(folder, words, environment);
    const browser = await LabBrowser.start();
    const context = await browser.browser.newContext({
      ...{ locale: 'en-GB', viewport: WIDE, reducedMotion: 'reduce' },
      ...options,
    });
    const page = await context.newPage();
    const opened = new ManagerInBrowser(browser, page, new URL(url).origin, ending);
    await followLink(page, url);
    return opened;
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(`${this.origin}${path}`);
  }

  /** Holds a page to WCAG in both themes, and to its width on a phone and on a wide screen. `shown` is there once it has loaded. */
  async holdsUp(path: string, shown: (page: Page) => Locator, name: string): Promise<void> {
    for (const size of [WIDE, PHONE]) {
      await this.page.setViewportSize(size);
      await this.goto(path);
      await shown(this.page).first().waitFor();
      for (const colorScheme of ['light', 'dark'] as const) {
        await this.page.emulateMedia({ colorScheme });
        await this.page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
        // An answer that comes late changes what is being looked at.
        while (this.#asked.size > 0) await this.page.waitForTimeout(LOOK_MS);
        await this.shoot(`${name}-${size.width}-${colorScheme}`);
        const about = `${path}, ${colorScheme}, ${size.width} px`;
        assert.deepEqual(await accessibilityFaults(this.page), [], about);
        assert.equal(await this.page.evaluate('document.documentElement.scrollWidth'), size.width, about);
      }
    }
    await this.page.setViewportSize(WIDE);
    await this.page.emulateMedia({ colorScheme: 'light' });
  }

  async shoot(name: string): Promise<void> {
    if (SCREENS === undefined) return;
    mkdirSync(SCREENS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENS, `${name}.png`) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser[Symbol.asyncDispose]();
    await this.#ending();
  }
}

/** Starts `lazaret-manager ui` and gives the link that it prints. */
async function startedManager(
  folder: string,
  words: readonly string[],
  environment: Record<string, string>,
): Promise<{ url: string; ending: () => Promise<void> }> {
  const child = spawn(MANAGER, ['-C', folder, 'ui', '--no-browser', '--json', ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  const ended = once(child, 'exit');
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as [unknown];
  if (typeof line !== 'string') throw new Error(`lazaret-manager ui ended with status ${line}`);
  return {
    url: JSON.parse(line).url,
    async ending() {
      child.kill('SIGINT');
      await ended;
    },
  };
}
