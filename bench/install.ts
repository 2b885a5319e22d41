// npm run bench:install: what installing costs, beside `zstd -d | sha256sum` over the same bytes on the same disk.
import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planAsUser } from './install/as-user.ts';
import { benchProject } from './install/project.ts';
import { statusFigure } from './install/status.ts';
import { type Figure, median, milliseconds, printFigures } from './table.ts';
import { smallData } from './updates/data.ts';

const ROUNDS = 5;
const MIB = 1 << 20;
/** Ten times the data set’s: memory must not follow. */
const LARGE_BYTES = 1024 * MIB;
const CACHE = join(import.meta.dirname, '..', '.cache');

const data = smallData(join(CACHE, 'bench-updates', 'small'));
const work = mkdtempSync(join(CACHE, 'bench-install-'));
try {
  printFigures('Installing, 2 cores; medians', await figures());
} finally {
  rmSync(work, { recursive: true });
}

async function figures(): Promise<Figure[]> {
  const project = await benchProject(join(work, 'project'), join(data.folder, 'v1.qcow2'));
  const full = await project.build('full', 'full');
  const packed = join(work, 'layer.zst');
  const state = (name: string) => join(work, 'states', name);
  const onceOf =
    (fingerprint: string) =>
    (name: string, what: string, source: string): { milliseconds: number; peakBytes: number } => {
      const args = [join(import.meta.dirname, 'install', 'once.ts'), state(name), what, source, fingerprint];
      // With the memory that bin/lazaretd gives the service.
      const memory = ['--max-semi-space-size=2', '--optimize-for-size'];
      return JSON.parse(execFileSync(process.execPath, [...memory, ...args], { encoding: 'utf8' }));
    };
  const once = onceOf(project.fingerprint);
  const installs: ReturnType<typeof once>[] = [];
  const peers: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const installed = once(`${round}`, 'install', full);
    const layers = join(state(`${round}`), 'layers');
    const [layer = ''] = readdirSync(layers);
    if (round === 0) execFileSync('zstd', ['-q', '-19', '-T0', join(layers, layer), '-o', packed]);
    const began = performance.now();
    execFileSync('sh', ['-c', 'zstd -q -d -c "$1" | sha256sum', 'sh', packed]);
    // The first round warms the caches of both.
    if (round > 0) {
      peers.push(performance.now() - began);
      installs.push(installed);
    }
  }
  const layerBytes = statSync(join(state('0'), 'layers', readdirSync(join(state('0'), 'layers'))[0] ?? '')).size;
  const ours = median(installs.map((install) => install.milliseconds));
  const ratio = median(peers) / ours;
  const peakBytes = Math.max(...installs.map((install) => install.peakBytes));
  const speed = (ms: number) => `${(layerBytes / MIB / (ms / 1000)).toFixed(0)} MiB/s`;

  const large = await benchProject(join(work, 'large'), noise(join(work, 'noise.raw')));
  const largeOnce = onceOf(large.fingerprint)('large', 'install', await large.build('full', 'full'));
  const policy = await project.build('policy', 'policy');
  const policies = rounds((round) => once(`${round}`, 'install', policy).milliseconds);
  const plans = rounds((round) => once(`plan-${round}`, 'plan', full).milliseconds);
  const asUser = await planAsUser(join(work, 'user'), full, project.fingerprint, 2 * ROUNDS);
  const again = await project.build('again', 'full');
  const rollbacks = rounds((round) => {
    once(`${round}`, 'install', again);
    return once(`${round}`, 'rollback', 'office').milliseconds;
  });
  const status = await statusOf(join(work, 'status'));
  return [
    status,
    {
      what: `verify and install ${(layerBytes / MIB).toFixed(0)} MiB, against zstd -d | sha256sum`,
      measured: `${ratio.toFixed(2)} (${speed(ours)} to ${speed(median(peers))}, n = ${ROUNDS})`,
      target: '≥ 0.7',
      met: ratio >= 0.7,
    },
    milliseconds('a policy package', policies, 300),
    milliseconds('roll back', rollbacks, 200),
    milliseconds('`lazaret plan` as a user runs it', asUser, 300),
    milliseconds('what the service does of it', plans, 300),
    memory('full package', peakBytes),
    memory(`full package of ${LARGE_BYTES / MIB} MiB`, largeOnce.peakBytes),
  ];
}

/** Twenty machines on one small disk. */
async function statusOf(folder: string): Promise<Figure> {
  const names = Array.from({ length: 20 }, (_none, at) => `machine-${at + 1}`);
  const disk = join(folder, 'small.raw');
  mkdirSync(join(folder, 'run'), { recursive: true });
  writeFileSync(disk, randomFillSync(Buffer.alloc(MIB)));
  const project = await benchProject(join(folder, 'project'), disk, names);
  const state = join(folder, 'state');
  const args = [join(import.meta.dirname, 'install', 'once.ts'), state, 'install', await project.build('one', 'full')];
  execFileSync(process.execPath, [...args, project.fingerprint]);
  return statusFigure(join(folder, 'run'), state, names);
}

function memory(what: string, peakBytes: number): Figure {
  const measured = `${(peakBytes / 1e6).toFixed(0)} MB`;
  return { what: `peak memory of the whole process, ${what}`, measured, target: '≤ 300 MB', met: peakBytes <= 300e6 };
}

/** A disk of which no block is like another. */
function noise(path: string): string {
  const bytes = Buffer.alloc(16 * MIB);
  for (let done = 0; done < LARGE_BYTES; done += bytes.length) appendFileSync(path, randomFillSync(bytes));
  return path;
}

function rounds(work: (round: number) => number): number[] {
  return Array.from({ length: ROUNDS }, (_none, index) => work(index + 1));
}
