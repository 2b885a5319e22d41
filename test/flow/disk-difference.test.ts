import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { writeDifference } from '../../src/layer/chain/difference.ts';
import { fileBytes } from '../../src/sys/files/files.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { chainName } from '../../src/sys/programs/qemu-img.ts';
import { scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') && hasProgram('qemu-io') ? false : 'qemu-img or qemu-io is not installed';
/** Some tables long, and no whole number of clusters. */
const SIZE = (3 << 29) + 4096 * 5;

function qemu(program: 'qemu-img' | 'qemu-io', ...args: string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Places where tables, clusters and the disk begin and end. */
const place = fc.constantFrom(0, 61440, 65536, (1 << 29) - 4096, 1 << 29, 1 << 30, SIZE - 8192, SIZE - 4096);
const written = fc.record({ place, byte: fc.nat(3) });
const disk = fc.array(fc.array(written, { maxLength: 3 }), { minLength: 1, maxLength: 3 });

function makeChain(folder: string, name: string, writes: { place: number; byte: number }[][]): string[] {
  const files: string[] = [];
  for (const [at, own] of writes.entries()) {
    const path = join(folder, `${name}${at}.qcow2`);
    qemu('qemu-img', 'create', '-q', '-f', 'qcow2', path, `${SIZE}`);
    files.push(path);
    for (const { place: from, byte } of own)
      qemu('qemu-io', '-c', byte === 0 ? `write -z ${from} 4096` : `write -P ${byte} ${from} 4096`, chainName(files));
  }
  return files;
}

test('put on another disk, the difference of two is the one that it was made for, and QEMU finds no fault in it', {
  skip,
}, async (t) => {
  await fc.assert(
    fc.asyncProperty(disk, disk, fc.boolean(), async (wanted, other, isOneBase) => {
      const folder = scratch(t);
      const below = makeChain(folder, 'b', other);
      const chain = isOneBase
        ? [...below.slice(0, 1), ...makeChain(folder, 'c', wanted)]
        : makeChain(folder, 'c', wanted);
      const out = join(folder, 'difference.qcow2');

      await writeDifference({ chain, below, out });

      qemu('qemu-img', 'compare', '-q', chainName([...below, out]), chainName(chain));
      qemu('qemu-img', 'check', '-q', '-f', 'qcow2', out);
      assert.ok((await fileBytes(out)) < 40 * 65_536);
    }),
    { numRuns: 12 },
  );
});
