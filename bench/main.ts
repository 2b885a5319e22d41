// npm run bench: what the main job costs of Lazaret as people install it, measured on the lab’s guest, beside what it may cost.
import { whyNoNetwork } from '../lab/network.ts';
import { installedTree } from './installed.ts';
import { printFigures } from './table.ts';

const reason = whyNoNetwork();
if (reason !== false) {
  console.error(`nothing can be measured here: ${reason}`);
  process.exit(69);
}
using _installed = await installedTree();
const { MainJob } = await import('../lab/main-job.ts');
const { floodFigure } = await import('./flood.ts');
const { serviceFigures } = await import('./service.ts');
const { startFigures } = await import('./start.ts');
const { switchFigures } = await import('./switches.ts');
await using job = await MainJob.start();
const fingerprint = await job.makeProject();
await job.setLists({ normal: ['intranet.lab.test'], restricted: ['update.lab.test'], interval: '1h' });
const first = await job.addVersion('0');
await job.require('0');
await job.serve();
await job.install(await job.build('bench', 'full'), '--fingerprint', fingerprint);
const figures = await startFigures(job);
await job.startMachine();
await job.nqSet(first);
figures.push(...serviceFigures(job), ...(await switchFigures(job)), await floodFigure(job));
await job.stopMachine();
printFigures('The main job, 2 cores, software emulation; medians', figures);
