import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { MainJob } from '../../lab/main-job.ts';
import { testProgram } from '../../lab/programs.ts';

const SERVICE = testProgram('test/fakes/stopped-service.ts');

/** Lets another service suspend or start the machine, or keep its state, and end at a step; gives the code or the signal that it ends with. */
export async function stoppedIn(
  job: MainJob,
  what: string,
  step: string,
  { disk, password }: { disk?: string; password?: string } = {},
): Promise<string> {
  await job.computer.stopService();
  const where = ['state', 'run'].map((name) => join(job.computer.folder, name));
  const words = [SERVICE, ...where, job.network.resolver, step, what, job.vm, ...(disk === undefined ? [] : [disk])];
  const env = { ...process.env, ...(password === undefined ? {} : { PASSWORD: password }) };
  const service = job.network.spawn('host', process.execPath, words, ['ignore', 'pipe', 'inherit'], env);
  const [said, [, signal]] = await Promise.all([text(service.stdout ?? Readable.from([])), once(service, 'exit')]);
  return signal ?? said;
}
