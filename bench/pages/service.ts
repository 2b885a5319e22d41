import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import type { MainJob } from '../../lab/main-job.ts';
import { type Figure, milliseconds } from '../table.ts';

const MAX_EVENT_MS = 150;
/** Remembers when each event’s time is first on the page; 0 of those that are there already. */
const WATCH_EVENTS = `
  globalThis.seenAt = new Map();
  const look = (now) => {
    for (const { dateTime } of document.querySelectorAll('time')) if (!seenAt.has(dateTime)) seenAt.set(dateTime, now);
  };
  look(0);
  new MutationObserver(() => look(Date.now())).observe(document.body, { childList: true, subtree: true, attributes: true });`;

/** What a process has in memory. */
export function residentMB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024) / 1e6;
}

/** From an event of the service until it stands in the page’s list; what happens is a machine’s start and its stop. */
export async function eventFigures(job: MainJob, page: Page): Promise<Figure> {
  await page.goto(new URL('/events', page.url()).href);
  await page.locator('time').first().waitFor();
  await page.evaluate(WATCH_EVENTS);
  await job.startMachine();
  await job.stopMachine();
  await page
    .getByText(/stopped/)
    .first()
    .waitFor();
  const seen: [string, number][] = await page.evaluate('[...seenAt]');
  const times = seen.filter(([, when]) => when > 0).map(([at, when]) => when - Date.parse(at));
  return milliseconds('player: an event of the service is on the page after', times, MAX_EVENT_MS);
}
