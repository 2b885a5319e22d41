import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MainJob } from '../lab/main-job.ts';
import { BIN } from '../lab/programs.ts';
import { type Figure, milliseconds } from './table.ts';

const MAX_RESIDENT_MB = 90;

/** What the service and the command line cost. The machine runs. */
export function serviceFigures(job: MainJob): Figure[] {
  const status = readFileSync(`/proc/${job.computer.servicePid}/status`, 'utf8');
  const megabytes = (Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024) / 1e6;
  const times = Array.from({ length: 9 }, () => {
    const started = performance.now();
    const { status: exit } = spawnSync(join(BIN, 'lazaret'), ['--socket', job.computer.socket, 'status'], {
      stdio: 'ignore',
    });
    if (exit !== 0) throw new Error(`lazaret status ended with ${exit}`);
    return performance.now() - started;
  });
  return [
    {
      what: 'service, resident with one machine',
      measured: `${megabytes.toFixed(0)} MB`,
      target: `≤ ${MAX_RESIDENT_MB} MB`,
      met: megabytes <= MAX_RESIDENT_MB,
    },
    milliseconds('lazaret status', times, 250),
  ];
}
