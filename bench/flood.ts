import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MainJob } from '../lab/main-job.ts';
import type { Figure } from './table.ts';

const SECONDS = 20;
const MORE_MB = 16;
const PORT = '/dev/virtio-ports/org.lazaret.guestd.0';
const REQUEST = '{"v":1,"id":"a","cmd":"nq-set","dry":true,"descriptor":"0x1"}';

/** What a guest that sends requests without end, and reads no answer, costs the service’s memory. The machine runs. */
export async function floodFigure(job: MainJob): Promise<Figure> {
  await job.guest(`i=0; while [ $i -lt 1000 ]; do echo '${REQUEST}'; i=$((i+1)); done >/tmp/flood`);
  const before = residentMb(job);
  let [most, isOver] = [before, false];
  const flooding = job.guest(`timeout ${SECONDS} sh -c 'while :; do cat /tmp/flood; done' >${PORT}`).finally(() => {
    isOver = true;
  });
  for (; !isOver; await sleep(100)) most = Math.max(most, residentMb(job));
  await flooding;
  return {
    what: `service, while a guest sends requests for ${SECONDS} s and reads nothing`,
    measured: `${(most - before).toFixed(1)} MB more than ${before.toFixed(0)}`,
    target: `≤ ${MORE_MB} MB`,
    met: most - before <= MORE_MB,
  };
}

function residentMb(job: MainJob): number {
  const status = readFileSync(`/proc/${job.computer.servicePid}/status`, 'utf8');
  return (Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024) / 1e6;
}
