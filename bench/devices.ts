import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MainJob } from '../lab/main-job.ts';
import { ROUTES } from '../src/api/routes.ts';
import { askOnce } from '../src/cli/service.ts';
import { type Figure, milliseconds } from './table.ts';

const ROUNDS = 9;
const MOST_MS = 200;
const MIB = 2 ** 20;
const DEVICES = { cd: 'disc.iso', stick: 'stick.img' };

/** What connecting a device takes, asked of the service while the machine runs; it is given them by another package. */
export async function deviceFigures(job: MainJob): Promise<Figure[]> {
  const { computer, vm } = job;
  const { socket, folder } = computer;
  for (const device of Object.keys(DEVICES)) {
    await computer.manager('vm', 'device', 'add', vm, device, '--kind', device);
    await computer.manager('policy', 'device', vm, device, '--everybody');
  }
  await job.install(await job.build('devices', 'update'));
  await job.startMachine();
  const took = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [device, name] of Object.entries(DEVICES)) {
      const file = join(folder, name);
      writeFileSync(file, Buffer.alloc(MIB));
      const began = performance.now();
      await askOnce({ socket }, ROUTES.connectDevice, { vm, body: { device, file } });
      took.set(device, [...(took.get(device) ?? []), performance.now() - began]);
      await askOnce({ socket }, ROUTES.disconnectDevice, { vm, body: { device, force: true } });
    }
  await job.stopMachine();
  return [...took].map(([device, samples]) => milliseconds(`connecting a ${device}`, samples, MOST_MS));
}
