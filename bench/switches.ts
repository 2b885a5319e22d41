import type { MainJob } from '../lab/main-job.ts';
import { SERVERS, SINK_PORT } from '../lab/network.ts';
import { type Figure, milliseconds } from './table.ts';

const SWITCHES = 20;
/** Datagrams that the guest sends to each server right after its `nq-set` has returned. */
const AFTER = 30;

/**
 * Twenty times a version is demanded and reported, while the guest floods both servers: normal access forbids the update
 * server, restricted access the intranet. Whatever the guest sent after `nq-set` had returned must not arrive where it is
 * forbidden by then. The machine runs, its policy has the version `0` alone.
 */
export async function switchFigures(job: MainJob): Promise<Figure[]> {
  const seconds: number[] = [];
  let [forbidden, allowed, flooded] = [0, 0, 0];
  await job.guest(flood('update', 'F'));
  await job.guest(flood('intranet', 'F'));
  for (let number = 1; number <= SWITCHES; number += 1) {
    const descriptor = await job.addVersion(`${number}`);
    await job.require(`${number}`);
    await job.lookUp();
    await drain(job);
    const { output, status } = await job.guest(
      `read -r a _ </proc/uptime; nq-set ${descriptor}; s=$?; read -r b _ </proc/uptime; ${burst('update')}; ${burst('intranet')}; echo "$a $b"; exit $s`,
    );
    if (status !== 0) throw new Error(`nq-set failed: ${output}`);
    const [before = 0, after = 0] = (output.split('\n').at(-1) ?? '').split(' ').map(Number);
    seconds.push(after - before);
    const [update, intranet] = [await job.network.datagrams('update'), await job.network.datagrams('intranet')];
    forbidden += update.filter((line) => line === 'A').length;
    allowed += intranet.filter((line) => line === 'A').length;
    flooded += [...update, ...intranet].filter((line) => line === 'F').length;
  }
  const switches = (await job.switches()).slice(-2 * SWITCHES).map(({ durationMs }) => durationMs);
  return [
    milliseconds(
      'nq-set, as seen in the guest (its clock counts in tens)',
      seconds.map((value) => value * 1000),
      80,
    ),
    milliseconds('switch, at the host', switches, 25),
    {
      what: `forbidden datagrams sent after nq-set returned, ${SWITCHES} switches`,
      measured: `${forbidden} delivered; where allowed ${allowed} of ${SWITCHES * AFTER}; ${flooded} of the flood`,
      target: '0',
      met: forbidden === 0 && allowed > 0 && flooded > 0,
    },
  ];
}

function flood(server: 'update' | 'intranet', mark: string): string {
  return `(while :; do echo ${mark}; usleep 2000; done | nc -u ${SERVERS[server]} ${SINK_PORT}) >/dev/null 2>&1 &`;
}

function burst(server: 'update' | 'intranet'): string {
  return `for i in $(seq ${AFTER}); do echo A; done | timeout 1 nc -u -w 1 ${SERVERS[server]} ${SINK_PORT} >/dev/null 2>&1`;
}

async function drain(job: MainJob): Promise<void> {
  await job.network.datagrams('update');
  await job.network.datagrams('intranet');
}
