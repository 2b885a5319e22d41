import { randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vmPaths } from '../../src/project/layout.ts';
import { run } from '../../src/sys/programs/exec.ts';
import { benchProject } from '../install/project.ts';
import { type Figure, median } from '../table.ts';
import type { Data } from './data.ts';

const ROUNDS = 5;
const GIB = 2 ** 30;
const MIB = 2 ** 20;
const SIZES = [4 * GIB, 40 * GIB] as const;
const CHANGED_BYTES = 100 * MIB;
/** Changes come in pieces of this size, spread over all of the disk. */
const PIECE_BYTES = 256 << 10;

/** What the same changes cost on a small and on a large disk with the same data, as an administrator builds the update. */
export async function diskSizeFigures({ folder }: Data): Promise<Figure[]> {
  const work = mkdtempSync(join(folder, 'sizes-'));
  try {
    const disks = [];
    for (const size of SIZES) disks.push(await diskOf(join(folder, 'v1.qcow2'), join(work, `${size / GIB}`), size));
    const seconds = SIZES.map((): number[] => []);
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const [at, disk] of disks.entries()) {
        const took = await disk.update(`u${round}`);
        // The first round warms the caches.
        if (round > 0) seconds[at]?.push(took);
      }
    }
    const [small = Number.NaN, large = Number.NaN] = seconds.map(median);
    const ratio = large / small;
    return [
      {
        what: `an update of ${CHANGED_BYTES / MIB} MiB of changes, disks of 4 and 40 GiB`,
        measured: `${small.toFixed(2)} s and ${large.toFixed(2)} s, ${ratio.toFixed(2)} × (n = ${ROUNDS})`,
        target: '≤ 1.3 ×',
        met: ratio <= 1.3,
      },
    ];
  } finally {
    rmSync(work, { recursive: true });
  }
}

async function diskOf(data: string, folder: string, size: number) {
  const disk = `${folder}.qcow2`;
  await run('qemu-img', ['convert', '-O', 'qcow2', data, disk]);
  await run('qemu-img', ['resize', '-q', disk, `${size}`]);
  const project = await benchProject(folder, disk);
  await project.build('full', 'full');
  const { work } = vmPaths(folder, 'office');
  const noise = `${folder}.noise`;
  return {
    async update(name: string): Promise<number> {
      const count = CHANGED_BYTES / PIECE_BYTES;
      const step = Math.floor(size / count / PIECE_BYTES) * PIECE_BYTES;
      const writes = Array.from({ length: count }, (_, at) => {
        writeFileSync(`${noise}${at}`, randomFillSync(Buffer.alloc(PIECE_BYTES)));
        return ['-c', `write -s ${noise}${at} ${at * step} ${PIECE_BYTES}`];
      });
      await run('qemu-io', ['-f', 'qcow2', ...writes.flat(), work]);
      const began = performance.now();
      await project.build(name, 'update');
      return (performance.now() - began) / 1000;
    },
  };
}
