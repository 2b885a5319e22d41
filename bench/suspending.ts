import { appendFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { MainJob } from '../lab/main-job.ts';
import { ROUTES } from '../src/api/routes.ts';
import { askOnce } from '../src/cli/service.ts';
import { run } from '../src/sys/programs/exec.ts';
import { type Figure, median, milliseconds } from './table.ts';

const ROUNDS = 5;
const MOST_RATIO = 1.3;
const MOST_REIMAGE_MS = 500;
/** Of the guest’s 512 MiB, so many hold what cannot be packed. */
const FILLED_MIB = 128;

/**
 * What suspending a machine of 512 MiB and going on takes beside zstd that packs the same memory onto the same disk and unpacks it,
 * in turn; and what a reimage takes, asked of the service.
 */
export async function suspendingFigures(job: MainJob): Promise<Figure[]> {
  const { computer, vm } = job;
  const { socket, folder, project } = computer;
  const took = new Map<string, number[]>();
  const timed = async (what: string, work: () => Promise<unknown>) => {
    const began = performance.now();
    await work();
    took.set(what, [...(took.get(what) ?? []), performance.now() - began]);
  };
  const zstd = (...words: string[]) => run('zstd', ['-q', '-f', ...words]);
  const [raw, again] = [join(folder, 'raw'), join(folder, 'again.zst')];
  await computer.manager('vm', 'set', vm, '--memory', '512M');
  appendFileSync(join(project, 'vms', vm, 'policy.yaml'), 'reimage: { enabled: true }\n');
  await job.install(await job.build('suspending', 'update'), '--yes');
  const { generation = 0 } = await job.status();
  const memory = join(folder, 'state', 'instances', vm, 'generations', `${generation}`, 'memory.zst');
  await job.startMachine();
  await job.guest(`dd if=/dev/urandom of=/tmp/filled bs=1M count=${FILLED_MIB}`);
  let packedBytes = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    await timed('suspend', () => askOnce({ socket }, ROUTES.suspend, { vm }));
    packedBytes = statSync(memory).size;
    await zstd('-d', memory, '-o', raw);
    await timed('pack', async () => {
      await zstd('-1', '-T2', raw, '-o', again);
      await run('sync', [again]);
    });
    await timed('unpack', () => zstd('-d', again, '-o', '/dev/null'));
    await timed('resume', () => askOnce({ socket }, ROUTES.start, { vm, body: {} }));
  }
  await job.connect();
  await job.stopMachine();
  for (let round = 0; round < ROUNDS; round += 1)
    await timed('reimage', () =>
      askOnce({ socket }, ROUTES.reimage, { vm, body: { dataDisk: false, confirmed: true } }),
    );
  const ratio = (what: string, beside: string): Figure => {
    const [own, other] = [what, beside].map((name) => median(took.get(name) ?? []));
    const value = (own ?? Number.NaN) / (other ?? Number.NaN);
    const measured = `${value.toFixed(2)} × (${own?.toFixed(0)} ms beside ${other?.toFixed(0)})`;
    return {
      what: `${what}, 512 MiB, ${(packedBytes / 2 ** 20).toFixed(0)} MiB packed`,
      measured,
      target: `≤ ${MOST_RATIO} ×`,
      met: value <= MOST_RATIO,
    };
  };
  return [
    ratio('suspend', 'pack'),
    ratio('resume', 'unpack'),
    milliseconds('reimage', took.get('reimage') ?? [], MOST_REIMAGE_MS),
  ];
}
