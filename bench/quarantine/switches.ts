import { type Lab, SERVERS } from '../../test/system/net/lab.ts';
import { only } from '../../test/system/net/lists.ts';
import type { Figure } from '../table.ts';

const SWITCHES = 200;

/** Switches to and fro, as the service times them: told, done, and read back. */
export async function switchFigures(lab: Lab, entries: number): Promise<Figure[]> {
  const subnets = Array.from(
    { length: entries },
    (_, i) => `100.${64 + (i >> 12)}.${(i >> 4) & 255}.${(i & 15) * 16}/28 tcp 443`,
  );
  await lab.service.call('open', lab.choice({ restricted: only(SERVERS.updates, ...subnets) }));
  const times: number[] = [];
  for (let round = 0; round < SWITCHES; round += 1)
    times.push((await lab.service.call('switchTo', lab.id, round % 2 ? 'restricted' : 'normal')).durationMs);
  times.sort((a, b) => a - b);
  const what = `switch at the host, list of ${entries} ${entries === 1 ? 'entry' : 'entries'}, n = ${SWITCHES}`;
  return [percentile(`${what}, p50`, times, 0.5, 5), percentile(`${what}, p95`, times, 0.95, 25)];
}

function percentile(what: string, sorted: readonly number[], part: number, atMost: number): Figure {
  const value = sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN;
  return { what, measured: `${value.toFixed(1)} ms`, target: `≤ ${atMost} ms`, met: value <= atMost };
}
