// npm run bench:import: what adding a disk of 4 GiB from another program costs, beside `qemu-img convert` of the same file.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { archive, convert, manifestText, ovfText } from '../test/fakes/foreign-machine.ts';
import { sparseDisk } from './import/disk.ts';
import { type Figure, median, printFigures } from './table.ts';

const ROUNDS = 3;
const MIB = 1 << 20;
const CACHE = join(import.meta.dirname, '..', '.cache');

interface Case {
  what: string;
  path: string;
  /** The image in it, as QEMU’s tool is given it. */
  image: string;
  format: string;
  /** Whether its digest is checked, by us and by the peer. */
  isChecked: boolean;
}

mkdirSync(CACHE, { recursive: true });
const work = mkdtempSync(join(CACHE, 'bench-import-'));
try {
  const figures: Figure[] = [];
  for (const one of await cases()) figures.push(...measured(one));
  printFigures('Adding a disk of 4 GiB, 1 GiB of it used; 2 cores; medians', figures);
} finally {
  rmSync(work, { recursive: true });
}

async function cases(): Promise<Case[]> {
  const at = (name: string) => join(work, name);
  sparseDisk(at('disk.raw'));
  await convert(at('disk.raw'), at('stream.vmdk'), 'vmdk', '-o', 'subformat=streamOptimized');
  await convert(at('disk.raw'), at('sparse.vmdk'), 'vmdk');
  await convert(at('disk.raw'), at('disk.vhdx'), 'vhdx');
  rmSync(at('disk.raw'));
  const bytes = statSync(at('stream.vmdk')).size;
  writeFileSync(at('office.ovf'), ovfText({ disk: 'stream.vmdk', bytes, capacity: '4', units: 'byte * 2^30' }));
  writeFileSync(at('office.mf'), manifestText(work, ['office.ovf', 'stream.vmdk']));
  await archive(work, 'office.ova', ['office.ovf', 'office.mf', 'stream.vmdk']);
  const one = (what: string, name: string, format: string): Case => ({
    ...{ what, path: at(name), image: at(name), format, isChecked: false },
  });
  return [
    one('VMDK, stream-optimised', 'stream.vmdk', 'vmdk'),
    one('VMDK, monolithic sparse', 'sparse.vmdk', 'vmdk'),
    one('VHDX', 'disk.vhdx', 'vhdx'),
    {
      what: 'OVA, its digest checked',
      path: at('office.ova'),
      image: at('stream.vmdk'),
      format: 'vmdk',
      isChecked: true,
    },
  ];
}

function measured({ what, path, image, format, isChecked }: Case): Figure[] {
  const [ours, peers]: [number[], number[]] = [[], []];
  let [peak, beyond] = [0, 0];
  // The first round warms the caches of both.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const home = join(work, `round-${round}`);
    mkdirSync(home);
    const peer = convertedByPeer(image, join(home, 'peer.qcow2'), format, isChecked);
    const own = importedByUs(path, join(home, 'work.qcow2'));
    if (round > 0) {
      peers.push(peer.milliseconds);
      ours.push(own.milliseconds);
    }
    // What it starts is the peer’s program, on the same file.
    peak = Math.max(peak, own.peakBytes + peer.peakBytes);
    const [theirs, made] = ['peer.qcow2', 'work.qcow2'].map((name) => statSync(join(home, name)).blocks * 512);
    beyond = Math.max(beyond, (made ?? 0) / (theirs ?? 1) - 1);
    rmSync(home, { recursive: true });
  }
  const ratio = median(ours) / median(peers);
  const seconds = (ms: readonly number[]) => `${(median(ms) / 1000).toFixed(2)} s`;
  const peer = isChecked ? 'qemu-img convert and sha256sum' : 'qemu-img convert';
  return [
    {
      what: `${what}, against ${peer}`,
      measured: `${ratio.toFixed(2)} × (${seconds(ours)} to ${seconds(peers)}, n = ${ROUNDS})`,
      target: '≤ 1.15 ×',
      met: ratio <= 1.15,
    },
    {
      what: `${what}: peak memory, our process and QEMU’s tool`,
      measured: `${(peak / MIB).toFixed(0)} MiB`,
      target: '≤ 200 MB',
      met: peak <= 200e6,
    },
    {
      what: `${what}: room on the disk beyond what the peer’s result takes`,
      measured: `${(beyond * 100).toFixed(2)} %`,
      target: '≤ 1 %',
      met: beyond <= 0.01,
    },
  ];
}

function convertedByPeer(image: string, to: string, format: string, isChecked: boolean) {
  const said = `${to}.said`;
  const began = performance.now();
  if (isChecked) execFileSync('sha256sum', [image]);
  execFileSync('/usr/bin/time', [
    '-f',
    '%M',
    '-o',
    said,
    'qemu-img',
    'convert',
    '-f',
    format,
    '-O',
    'qcow2',
    image,
    to,
  ]);
  const milliseconds = performance.now() - began;
  return { milliseconds, peakBytes: Number(readFileSync(said, 'utf8').trim()) * 1024 };
}

function importedByUs(path: string, to: string): { milliseconds: number; peakBytes: number } {
  const once = [join(import.meta.dirname, 'import', 'once.ts'), path, to];
  // By a shell that forks: what a process is started from at once counts as its own memory.
  const forked = ['-c', '"$@"; exit $?', 'sh', process.execPath, ...once];
  return JSON.parse(execFileSync('sh', forked, { encoding: 'utf8' }));
}
