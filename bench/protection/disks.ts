import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { newDiskKey } from '../../src/install/opening/disk-key.ts';
import { copyBlocks } from '../../src/layer/locked/copy.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { chainName, KEY_OBJECT } from '../../src/sys/programs/qemu-img.ts';
import { withSecretPipe } from '../../src/sys/programs/secret-pipe.ts';
import { type Figure, median } from '../table.ts';

const ROUNDS = 3;
const MIB = 1 << 20;
const DISK_MIB = 128;
const REQUESTS = 5000;
/** One request after the other, of so many bytes: from the beginning to the end, or each far from the last. */
const WORKS = [
  { what: 'read in order', word: 'read', bytes: MIB, count: DISK_MIB, step: MIB },
  { what: 'written in order', word: 'write', bytes: MIB, count: DISK_MIB, step: MIB },
  { what: 'read 4 KiB here and there', word: 'read', bytes: 4096, count: REQUESTS, step: 7 * MIB + 12_288 },
  { what: 'written 4 KiB here and there', word: 'write', bytes: 4096, count: REQUESTS, step: 7 * MIB + 12_288 },
] as const;

/** What an encrypted disk does beside the same in clear, in turns, in memory: nothing but the cipher is between them. */
export async function diskFigures(): Promise<Figure[]> {
  const folder = mkdtempSync('/dev/shm/bench-disks-');
  try {
    const [plain, locked, diskKey] = [join(folder, 'plain'), join(folder, 'locked'), newDiskKey()];
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', plain, `${DISK_MIB}M`]);
    await run('qemu-io', ['-f', 'qcow2', '-c', `write -P 7 0 ${DISK_MIB}M`, plain]);
    await copyBlocks({ from: plain, to: locked, toKey: diskKey });
    const figures: Figure[] = [];
    for (const work of WORKS) figures.push(await figure(work, plain, { locked, diskKey }));
    return [...figures, ...(await limit())];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function figure(
  work: (typeof WORKS)[number],
  plain: string,
  { locked, diskKey }: { locked: string; diskKey: string },
): Promise<Figure> {
  const took: [clear: number[], encrypted: number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    took[0].push(await seconds(work, plain));
    took[1].push(await seconds(work, locked, diskKey));
  }
  const [clear, encrypted] = took.map((each) => (work.bytes * work.count) / MIB / median(each)) as [number, number];
  const ratio = encrypted / clear;
  const measured = `${ratio.toFixed(2)} × (${encrypted.toFixed(0)} of ${clear.toFixed(0)} MiB/s)`;
  return { what: `an encrypted disk ${work.what}`, measured, target: '≥ 0.8 ×', met: ratio >= 0.8 };
}

/** Of the requests alone: what it takes to begin, and to open the disk, is left out. */
async function seconds(work: (typeof WORKS)[number], path: string, diskKey?: string): Promise<number> {
  const all = await timed({ ...work, path, diskKey });
  return all - (await timed({ ...work, path, diskKey, count: 1 }));
}

async function timed(asked: {
  word: string;
  bytes: number;
  step: number;
  count: number;
  path: string;
  diskKey: string | undefined;
}): Promise<number> {
  const { word, bytes, step, count, path, diskKey } = asked;
  const requests = Array.from({ length: count }, (_, at) => {
    const position = (at * step) % (DISK_MIB * MIB);
    return ['-c', `${word} -q ${position} ${bytes}`];
  });
  const object = diskKey === undefined ? [] : ['--object', KEY_OBJECT];
  const command = ['qemu-io', ...object, ...requests.flat(), chainName([path], diskKey !== undefined)];
  const [program = '', ...args] = diskKey === undefined ? command : withSecretPipe(command);
  const began = performance.now();
  await run(program, args, diskKey === undefined ? {} : { input: diskKey });
  return (performance.now() - began) / 1000;
}

/** What the same cipher does in the kernel, by memory alone, where `cryptsetup` is installed. */
async function limit(): Promise<Figure[]> {
  if (!hasProgram('cryptsetup')) return [];
  const asked = ['benchmark', '--cipher', 'aes-xts-plain64', '--key-size', '512'];
  // A kernel may keep its ciphers from programs.
  const { stdout } = await run('cryptsetup', asked).catch(() => ({ stdout: 'aes-xts not to be asked here' }));
  const measured = (/aes-xts .*$/m.exec(stdout)?.[0] ?? '').replace(/\s+/g, ' ');
  return [{ what: '`cryptsetup benchmark`: encrypts, decrypts', measured, target: 'beside it', met: true }];
}
