// npm run bench:pages: what both pages cost in headless Chromium on loopback, beside what they may cost.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { LabBrowser, whyNoBrowser } from '../lab/browser.ts';
import { smallGuest } from '../lab/guest.ts';
import { MainJob } from '../lab/main-job.ts';
import { ManagerInBrowser } from '../lab/manager-page.ts';
import { whyNoNetwork } from '../lab/network.ts';
import { VersionQuarantine } from '../src/policy/quarantine.ts';
import { vmPaths, vmPathsIn } from '../src/project/layout.ts';
import { openProject, vmNamed } from '../src/project/open.ts';
import { savePolicy } from '../src/project/save.ts';
import { consoleFigure, countUpdates } from './pages/console.ts';
import { viewFigures } from './pages/first-view.ts';
import { lineFigures, scrollFigure } from './pages/frames.ts';
import { eventFigures, residentMB } from './pages/service.ts';
import { type Figure, printFigures } from './table.ts';

const VERSIONS = 500;
const MACHINES = 200;
const ENTRIES = 10_000;
const MAX_GROWTH_MB = 25;

const reason = whyNoNetwork() || whyNoBrowser();
if (reason !== false) {
  console.error(`nothing can be measured here: ${reason}`);
  process.exit(69);
}
await using job = await MainJob.start(undefined, smallGuest({ hasScreen: true }));
const fingerprint = await job.makeProject();
await job.setQuarantine();
await job.addVersion('1.0');
await job.require('1.0');
await job.serve();
await job.install(await job.build('bench', 'full'), '--fingerprint', fingerprint);
const figures: Figure[] = [...(await playerFigures()), ...(await managerFigures())];
printFigures(`The pages, medians; load ${loadavg()[0]?.toFixed(1)} before the end`, figures);

async function playerFigures(): Promise<Figure[]> {
  await using lab = await LabBrowser.start(job.network);
  const context = await lab.browser.newContext({ locale: 'en-GB' });
  await countUpdates(context);
  const pages: Page[] = [];
  const openOne = async () => {
    const page = await context.newPage();
    const { stdout } = await job.computer.lazaret('open', '--no-browser', '--json');
    await page.goto(JSON.parse(stdout).url);
    await page.getByRole('button', { name: 'Start' }).waitFor();
    pages.push(page);
    return page;
  };
  const before = residentMB(job.computer.servicePid);
  const page = await openOne();
  await openOne();
  const more = residentMB(job.computer.servicePid) - before;
  const memory: Figure = {
    what: 'service, resident more with two open pages',
    measured: `${more.toFixed(1)} MB (${before.toFixed(0)} MB without)`,
    target: `≤ ${MAX_GROWTH_MB} MB`,
    met: more <= MAX_GROWTH_MB,
  };
  const views = await viewFigures(page, { name: 'player', atMostKB: 200, shown: 'Start' });
  return [...views, memory, await eventFigures(job, page), await consoleFigure(job, page)];
}

async function managerFigures(): Promise<Figure[]> {
  const { project } = job.computer;
  const office = vmNamed(await openProject(project), job.vm);
  const versions = Array.from({ length: VERSIONS }, (_none, at) => ({
    name: `v${at}`,
    descriptor: `0x${`${at}`.padStart(8, '0')}`,
  }));
  const { quarantine } = office.policy.value;
  const many = VersionQuarantine.parse({ ...quarantine, versions, threshold: 'v250' });
  const plain = join(job.computer.folder, 'plain');
  execFileSync('cp', ['-al', vmPaths(project, job.vm).folder, plain]);
  await savePolicy(office, { ...office.policy.value, quarantine: many });
  const few = await viewsAndLine(project);
  addMachines(project, plain);
  await addEntries(project);
  return [...few, ...(await scrollFigures(project))];
}

async function viewsAndLine(project: string): Promise<Figure[]> {
  await using manager = await ManagerInBrowser.open(project);
  const views = await viewFigures(manager.page, { name: 'manager', atMostKB: 350, shown: 'Summary' });
  await manager.goto(`/machines/${job.vm}/versions`);
  return [...views, ...(await lineFigures(manager.page, VERSIONS))];
}

/** By a process of its own, which has not followed each machine as it came. */
async function scrollFigures(project: string): Promise<Figure[]> {
  await using manager = await ManagerInBrowser.open(project);
  const { page } = manager;
  await manager.goto('/machines');
  const machines = await scrollFigure(page, `${MACHINES} machines scroll`, page.getByRole('row').nth(5));
  await manager.goto(`/machines/${job.vm}/quarantine/normal`);
  const entry = page.getByRole('list', { name: 'The list' }).getByRole('listitem').first();
  return [machines, await scrollFigure(page, `${ENTRIES} entries scroll`, entry)];
}

/** Machines like one in a folder, with the same disk: only what is listed counts. */
function addMachines(project: string, like: string): void {
  const text = readFileSync(vmPathsIn(like).file, 'utf8');
  for (let at = 1; at < MACHINES; at += 1) {
    const { folder, file } = vmPaths(project, `other-${at}`);
    execFileSync('cp', ['-al', like, folder]);
    rmSync(file);
    writeFileSync(file, text.replace(/^id: .*$/m, `id: ${randomUUID()}`));
  }
}

async function addEntries(project: string): Promise<void> {
  const office = vmNamed(await openProject(project), job.vm);
  const { quarantine } = office.policy.value;
  const normal = { entries: Array.from({ length: ENTRIES }, (_none, at) => `10.${at >> 8}.${at & 255}.1`) };
  await savePolicy(office, { ...office.policy.value, quarantine: VersionQuarantine.parse({ ...quarantine, normal }) });
}
