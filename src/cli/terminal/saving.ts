import { ROUTES } from '../../api/routes.ts';
import { pause } from '../../sys/pause.ts';
import { askOnce, type ServiceOptions } from '../service.ts';
import { overwriteLine } from './print.ts';
import { progressLine } from './progress.ts';

const LOOK_MS = 200;

/** Shows how far the memory of a machine is saved, until what saves it is done. */
export async function whileSaving<T>(options: ServiceOptions, vm: string, work: Promise<T>): Promise<T> {
  const ended = new AbortController();
  const showing = show(options, vm, ended.signal);
  try {
    return await work;
  } finally {
    ended.abort();
    await showing;
  }
}

async function show(options: ServiceOptions, vm: string, signal: AbortSignal): Promise<void> {
  const output = { json: options.json === true };
  const line = progressLine(output);
  while (!signal.aborted) {
    // Whatever keeps the machine from being seen is told by what is done with it.
    const { saved } = await askOnce(options, ROUTES.machine, { vm, signal }).catch(() => ({ saved: undefined }));
    if (saved) line.show(`saving the memory of ${vm}`, saved.doneBytes, saved.totalBytes);
    await pause(LOOK_MS, signal);
  }
  overwriteLine(output, '', false);
}
