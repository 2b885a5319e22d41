// npm run bench:pages: what both pages cost in headless Chromium on loopback, beside what they may cost.
import { loadavg } from 'node:os';
import type { Page } from 'playwright-core';
import { LabBrowser, whyNoBrowser } from '../lab/browser.ts';
import { smallGuest } from '../lab/guest.ts';
import { MainJob } from '../lab/main-job.ts';
import { ManagerInBrowser } from '../lab/manager-page.ts';
import { whyNoNetwork } from '../lab/network.ts';
import { VersionQuarantine } from '../src/policy/quarantine.ts';
import { openProject, vmNamed } from '../src/project/open.ts';
import { savePolicy } from '../src/project/save.ts';
import { consoleFigure, countUpdates } from './pages/console.ts';
import { viewFigures } from './pages/first-view.ts';
import { lineFigures } from './pages/frames.ts';
import { eventFigures, residentMB } from './pages/service.ts';
import { type Figure, printFigures } from './table.ts';

const VERSIONS = 500;
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
  await savePolicy(office, { ...office.policy.value, quarantine: many });
  await using manager = await ManagerInBrowser.open(project);
  const views = await viewFigures(manager.page, { name: 'manager', atMostKB: 350, shown: 'Summary' });
  await manager.goto(`/machines/${job.vm}/versions`);
  return [...views, ...(await lineFigures(manager.page, VERSIONS))];
}
