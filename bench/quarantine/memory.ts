import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Lab } from '../../test/system/net/lab.ts';
import type { Figure } from '../table.ts';

const MACHINES = 20;
const AT_MOST_MB = 15;

/** What the networks of 20 machines take beside QEMU: their helpers, their nft, and what the service grows by. */
export async function memoryFigure(lab: Lab): Promise<Figure> {
  const service = lab.service.process.pid ?? 0;
  const before = bytesOf(service);
  const ids = Array.from({ length: MACHINES }, (_, i) => `${lab.id}-m${i}`);
  let inside = 0;
  try {
    for (const [i, id] of ids.entries()) {
      const enter = await lab.service.call('open', lab.choice({ id, number: 5000 + i }));
      await lab.service.call('switchTo', id, 'restricted');
      const pids = execFileSync('ip', ['netns', 'pids', enter[1]?.split('/').at(-1) ?? ''], { encoding: 'utf8' });
      inside += pids
        .split('\n')
        .filter(Boolean)
        .reduce((sum, pid) => sum + bytesOf(Number(pid)), 0);
    }
    const grown = bytesOf(service) - before;
    const each = (inside + grown) / MACHINES / 1e6;
    return {
      what: `memory a machine beside QEMU’s own, ${MACHINES} machines`,
      measured: `${each.toFixed(1)} MB (programs ${(inside / MACHINES / 1e6).toFixed(1)}, service ${(grown / MACHINES / 1e6).toFixed(1)})`,
      target: `≤ ${AT_MOST_MB} MB`,
      met: each <= AT_MOST_MB,
    };
  } finally {
    for (const id of ids) await lab.service.call('remove', id);
  }
}

/** The proportional set size: what several programs share counts once. */
function bytesOf(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) * 1024;
}
