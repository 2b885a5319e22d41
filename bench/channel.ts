// npm run bench:channel: what nq-set takes over a serial port, beside what it takes over a virtio port.
import { setTimeout as sleep } from 'node:timers/promises';
import { compatibleGuest, type SmallGuest, smallGuest } from '../lab/guest.ts';
import { MainJob } from '../lab/main-job.ts';
import { whyNoNetwork } from '../lab/network.ts';
import { median, printFigures } from './table.ts';

const ROUNDS = 15;
const AT_MOST = 1.5;
/** A guest may ask once a second. */
const PAUSE_MS = 1100;

const reason = whyNoNetwork();
if (reason !== false) {
  console.error(`nothing can be measured here: ${reason}`);
  process.exit(69);
}
const [virtio, serial] = [await tookMs(smallGuest()), await tookMs(compatibleGuest())];
const ratio = serial / virtio;
printFigures('The channel to the guest; medians', [
  {
    what: 'nq-set over a serial port, to one over virtio',
    measured: `${ratio.toFixed(2)} × (${serial.toFixed(0)} ms to ${virtio.toFixed(0)} ms, n = ${ROUNDS})`,
    target: `≤ ${AT_MOST} ×`,
    met: ratio <= AT_MOST,
  },
]);

/** From the command’s start in the guest until it has ended, the host’s judgement and all. */
async function tookMs(guest: SmallGuest): Promise<number> {
  await using job = await MainJob.start(undefined, guest);
  const fingerprint = await job.makeProject();
  await job.setQuarantine();
  const version = await job.addVersion('1.0');
  await job.require('1.0');
  await job.serve();
  await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint);
  await job.startMachine();
  const samples: number[] = [];
  while (samples.length < ROUNDS) {
    await sleep(PAUSE_MS);
    const began = performance.now();
    const { status, output } = await job.nqSet(version);
    samples.push(performance.now() - began);
    if (status !== 0) throw new Error(output);
  }
  await job.stopMachine();
  return median(samples);
}
