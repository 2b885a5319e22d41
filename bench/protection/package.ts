import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { benchProject } from '../install/project.ts';
import { type Figure, median } from '../table.ts';

const ROUNDS = 3;
const MIB = 1 << 20;
const DISK_MIB = 512;
const SECRET = 'four words upon a stick';
const ONCE = join(import.meta.dirname, '..', 'install', 'once.ts');

/** What installing an encrypted package takes beside the same in clear, in turns. */
export async function packageFigures(): Promise<Figure[]> {
  const work = mkdtempSync(join(import.meta.dirname, '..', '..', '.cache', 'bench-package-'));
  try {
    const { fingerprint, build } = await benchProject(join(work, 'project'), disk(join(work, 'disk.raw')));
    const clear = await build('clear', 'full', { mode: 'fast' });
    const locked = await build('locked', 'full', { mode: 'fast', encryptTo: { passphrase: SECRET } });
    const took: [clear: number[], encrypted: number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      const state = (name: string) => join(work, `${round}-${name}`);
      took[0].push(seconds(state('clear'), [clear, fingerprint]));
      took[1].push(seconds(state('locked'), [locked, fingerprint, SECRET]));
    }
    const [plain, encrypted] = [median(took[0]), median(took[1])];
    const ratio = plain / encrypted;
    const measured = `${ratio.toFixed(2)} × (${encrypted.toFixed(2)} s beside ${plain.toFixed(2)} s)`;
    const what = `installing an encrypted package of a disk of ${DISK_MIB} MiB`;
    return [{ what, measured, target: '≥ 0.75 ×', met: ratio >= 0.75 }];
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** One that packs to half, as disks of systems do: beside each block of noise stands one that repeats itself. */
function disk(path: string): string {
  for (let at = 0; at < DISK_MIB; at += 2)
    appendFileSync(path, Buffer.concat([randomBytes(MIB), Buffer.alloc(MIB, randomBytes(64))]));
  return path;
}

function seconds(state: string, words: readonly string[]): number {
  const output = execFileSync(process.execPath, [ONCE, state, 'install', ...words], { encoding: 'utf8' });
  const { milliseconds } = JSON.parse(output);
  rmSync(state, { recursive: true });
  return milliseconds / 1000;
}
