import { setTimeout as sleep } from 'node:timers/promises';
import { MainJob } from '../../lab/main-job.ts';
import { type Figure, milliseconds } from '../table.ts';

const REPORTS = 20;
/** The channel answers one request a second for long. */
const BETWEEN_MS = 1100;

/** What a report takes in a guest that does nothing else: its version again, judged, saved and enforced each time. */
export async function guestFigures(): Promise<Figure[]> {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  await job.setQuarantine();
  const version = await job.addVersion('1.0');
  await job.require('1.0');
  await job.serve();
  await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint);
  await job.startMachine();
  const took: number[] = [];
  for (let count = 0; count < REPORTS; count += 1) {
    const { status, output, ms } = await job.nqSet(version);
    if (status !== 0) throw new Error(`nq-set failed: ${output}`);
    took.push(ms);
    await sleep(BETWEEN_MS);
  }
  await job.stopMachine();
  return [milliseconds('nq-set, as seen in the guest (its clock counts in tens)', took, 60)];
}
