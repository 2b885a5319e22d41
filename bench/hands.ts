// npm run bench:hands: what a user waits for with his machine in his hands, beside what it may take.
import { MainJob } from '../lab/main-job.ts';
import { whyNoNetwork } from '../lab/network.ts';
import { deviceFigures } from './devices.ts';
import { snapshotFigures } from './snapshots.ts';
import { suspendingFigures } from './suspending.ts';
import { printFigures } from './table.ts';

const reason = whyNoNetwork();
if (reason !== false) {
  console.error(`nothing can be measured here: ${reason}`);
  process.exit(69);
}
await using job = await MainJob.start();
printFigures('A machine in its user’s hands; medians', [
  ...(await snapshotFigures(job)),
  ...(await deviceFigures(job)),
  ...(await suspendingFigures(job)),
]);
