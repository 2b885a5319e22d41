import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MainJob } from '../lab/main-job.ts';
import { ROUTES } from '../src/api/routes.ts';
import { askOnce } from '../src/cli/service.ts';
import { run } from '../src/sys/programs/exec.ts';
import { type Figure, median, milliseconds } from './table.ts';

const ROUNDS = 9;
const MOST_MS = 300;
const SIZES_GIB = [4, 40];
const WRITTEN_MIB = 64;

/** What keeping a state and going back to it takes, asked of the service, on data disks of two sizes in turn. */
export async function snapshotFigures(job: MainJob): Promise<Figure[]> {
  const { project, socket, folder } = job.computer;
  const fingerprint = await job.makeProject('--data-disk', `${SIZES_GIB[0]}G`);
  appendFileSync(join(project, 'vms', job.vm, 'policy.yaml'), 'snapshots: { enabled: true }\n');
  await job.setQuarantine();
  await job.serve();
  await job.install(await job.build('hands', 'full'), '--fingerprint', fingerprint);
  const disk = join(folder, 'state', 'instances', job.vm, 'data.qcow2');
  const took = new Map<string, number[]>();
  const timed = async (what: string, work: () => Promise<unknown>) => {
    const began = performance.now();
    await work();
    took.set(what, [...(took.get(what) ?? []), performance.now() - began]);
  };
  const vm = job.vm;
  for (let round = 0; round < ROUNDS; round += 1)
    for (const size of SIZES_GIB) {
      // The data disk of the other size, with something on it, in place of the one that is there.
      await run('qemu-img', ['create', '-q', '-f', 'qcow2', disk, `${size}G`]);
      await run('qemu-io', ['-f', 'qcow2', '-c', `write -P 7 0 ${WRITTEN_MIB}M`, disk]);
      // Its bytes are on disk, as those of a machine that was shut down a while ago.
      await run('sync', [disk]);
      const name = `${size}`;
      await timed(`snapshot, ${size} GiB`, () => askOnce({ socket }, ROUTES.takeSnapshot, { vm, body: { name } }));
      await timed(`revert, ${size} GiB`, () =>
        askOnce({ socket }, ROUTES.revertSnapshot, { vm, body: { name, confirmed: true } }),
      );
      await askOnce({ socket }, ROUTES.removeSnapshot, { vm, body: { name, confirmed: true } });
    }
  const figures = [...took].map(([what, samples]) => milliseconds(what, samples, MOST_MS));
  const ratio = (what: string) => {
    const [small, large] = SIZES_GIB.map((size) => median(took.get(`${what}, ${size} GiB`) ?? []));
    return (large ?? Number.NaN) / (small ?? Number.NaN);
  };
  const ratios = ['snapshot', 'revert'].map((what): Figure => {
    const value = ratio(what);
    return {
      what: `${what}: the large disk’s`,
      measured: `${value.toFixed(2)} ×`,
      target: '≤ 1.5 ×',
      met: value <= 1.5,
    };
  });
  return [...figures, ...ratios];
}
