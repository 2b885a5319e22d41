import type { Page } from 'playwright-core';
import type { TaskAnswer } from '../src/api/manager/tasks.ts';
import { drawGuest } from './guest-screen.ts';

/** What the manager’s process would say of a job that goes on, for pages where none does. */
export async function goesOn(page: Page, task: TaskAnswer): Promise<void> {
  await page.route('**/api/v1/tasks', (route) => route.fulfill({ json: { tasks: [task] } }));
}

/** A machine in preview, restricted, with a screen that is drawn. Gives the keys that are pressed there. */
export async function runsInPreview(page: Page, vm: string, startedAt: string): Promise<number[]> {
  const progress = { part: 'run' } as const;
  await goesOn(page, { id: 'shown', kind: 'run', about: vm, state: 'running', startedAt, progress, log: [] });
  const why = { code: 'outdated', next: '2026-11' };
  const json = { vm, state: 'running', access: 'restricted', reason: 'its version is too old; next is 2026-11', why };
  await page.route(`**/api/v1/machines/${vm}/run`, (route) => route.fulfill({ json }));
  return drawGuest(page);
}
