import type { MainJob } from '../lab/main-job.ts';
import { MARKED_BYTES, SERVERS } from '../lab/network.ts';
import { type Figure, milliseconds } from './table.ts';

const SWITCHES = 20;
/** Echo requests that the guest sends to each server right after its `nq-set` has returned. */
const AFTER = 5;

/**
 * Twenty times a version is demanded and reported, while the guest floods both servers: normal access forbids the update
 * server, restricted access the intranet. Whatever the guest sent after `nq-set` had returned must not arrive where it is
 * forbidden by then. The machine runs, its policy has the version `0` alone.
 */
export async function switchFigures(job: MainJob): Promise<Figure[]> {
  const seconds: number[] = [];
  let [forbidden, allowed, flooded] = [0, 0, 0];
  await job.guest(flood('update'));
  await job.guest(flood('intranet'));
  for (let number = 1; number <= SWITCHES; number += 1) {
    const descriptor = await job.addVersion(`${number}`);
    await job.require(`${number}`);
    await job.lookUp();
    count(job);
    const { output, status } = await job.guest(
      `read -r a _ </proc/uptime; nq-set ${descriptor}; s=$?; read -r b _ </proc/uptime; ${burst('update')}; ${burst('intranet')}; echo "$a $b"; exit $s`,
    );
    if (status !== 0) throw new Error(`nq-set failed: ${output}`);
    const [before = 0, after = 0] = (output.split('\n').at(-1) ?? '').split(' ').map(Number);
    seconds.push(after - before);
    const { update, intranet } = count(job);
    forbidden += update.marked;
    allowed += intranet.marked;
    flooded += update.others + intranet.others;
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
      what: `datagrams sent to where it is forbidden after nq-set returned, ${SWITCHES} switches`,
      measured: `${forbidden} delivered; ${allowed} of ${SWITCHES * AFTER} where allowed; ${flooded} of the flood`,
      target: '0',
      met: forbidden === 0 && allowed > 0 && flooded > 0,
    },
  ];
}

function flood(server: 'update' | 'intranet'): string {
  return `(while :; do ping -q -i 0.005 -c 1000 ${SERVERS[server]}; done) >/dev/null 2>&1 &`;
}

function burst(server: 'update' | 'intranet'): string {
  return `ping -q -i 0.02 -W 1 -c ${AFTER} -s ${MARKED_BYTES} ${SERVERS[server]} >/dev/null`;
}

/** What arrived since the last call. */
function count(job: MainJob) {
  return { update: job.network.pings('update'), intranet: job.network.pings('intranet') };
}
