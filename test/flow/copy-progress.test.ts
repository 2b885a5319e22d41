import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { importDisk } from '../../src/project/disk-import.ts';
import { importForeign } from '../../src/project/foreign/import-foreign.ts';
import { readForeign } from '../../src/project/foreign/read-foreign.ts';
import type { TellCopied } from '../../src/project/image/tell-copied.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { bootableNoise } from '../fakes/disk-image.ts';
import { ova, ovfText } from '../fakes/foreign-machine.ts';
import { scratch } from '../fakes/made-project.ts';
import { unclosedVhdx } from '../fakes/unclosed-vhdx.ts';

const skip = hasProgram('qemu-img') && hasProgram('bwrap') ? false : 'qemu-img or bubblewrap is not installed';
const MIB = 1 << 20;

type Make = (folder: string, raw: string) => Promise<string>;

/** By QEMU’s tool. */
function image(format: string, ...options: string[]): Make {
  return async (folder, raw) => {
    const path = join(folder, `disk.${format === 'vpc' ? 'vhd' : format}`);
    await run('qemu-img', ['convert', '-f', 'raw', '-O', format, ...options, raw, path]);
    return path;
  };
}

const unclosed: Make = async (folder, raw) => {
  const path = await image('vhdx')(folder, raw);
  const whole = readFileSync(path);
  const region = whole.indexOf('6677c22d23f600429d64115e9bfd4a08', 'hex');
  writeFileSync(path, unclosedVhdx(whole, Number(whole.readBigUInt64LE(region + 16))));
  return path;
};

const packed: Make = async (folder, raw) => {
  const bytes = gzipSync(readFileSync(await image('vmdk', '-o', 'subformat=streamOptimized')(folder, raw)));
  writeFileSync(join(folder, 'd.vmdk.gz'), bytes);
  const path = join(folder, 'm.ovf');
  writeFileSync(path, ovfText({ disk: 'd.vmdk.gz', bytes: bytes.length, file: 'ovf:compression="gzip"' }));
  return path;
};

/** What is told of the disk’s own bytes, or before of the files that it is put together from. */
const KINDS: [title: string, make: Make, steps: string[]][] = [
  ['a raw disk', async (_folder, raw) => raw, ['copy']],
  ['qcow2', image('qcow2'), ['copy']],
  ['VMDK', image('vmdk'), ['copy']],
  ['a VMDK as OVAs have it', image('vmdk', '-o', 'subformat=streamOptimized'), ['copy']],
  ['a VMDK in pieces', image('vmdk', '-o', 'subformat=twoGbMaxExtentFlat'), ['copy']],
  ['VDI', image('vdi'), ['copy']],
  ['VHD', image('vpc', '-o', 'force_size=on'), ['copy']],
  ['VHDX', image('vhdx'), ['copy']],
  ['a VHDX that was not closed', unclosed, ['prepare', 'copy']],
  ['an OVA', (folder, raw) => ova(folder, raw), ['copy']],
  ['a disk that is packed', packed, ['prepare', 'copy']],
];

for (const [title, make, steps] of KINDS)
  test(`${title}: each step of its copy is told to its end, and never goes back`, { skip }, async (t) => {
    const { path, work } = await made(t, make);
    const { disk } = await readForeign(path);

    const told = await toldOf((onBytes) => importForeign(disk, work, { onBytes }));

    isWhole(told, steps);
  });

test('a VHDX that is added as a disk alone tells both its steps too', { skip }, async (t) => {
  const { path, work } = await made(t, unclosed);
  isWhole(await toldOf((onBytes) => importDisk(path, work, { onBytes })), ['prepare', 'copy']);
});

async function made(t: TestContext, make: Make) {
  const folder = scratch(t);
  const raw = join(folder, 'disk.raw');
  writeFileSync(raw, bootableNoise(8 * MIB));
  return { path: await make(folder, raw), work: join(folder, 'work.qcow2') };
}

type Told = { done: number; total: number; step: string };

async function toldOf(copy: (onBytes: TellCopied) => Promise<unknown>): Promise<Told[]> {
  const told: Told[] = [];
  await copy((done, total, step) => told.push({ done, total, step }));
  return told;
}

function isWhole(told: readonly Told[], steps: readonly string[]): void {
  assert.deepEqual([...new Set(told.map(({ step }) => step))], steps);
  for (const step of steps) {
    const each = told.filter((one) => one.step === step);
    assert.deepEqual(
      [...each].sort((a, b) => a.done - b.done),
      each,
    );
    const { done, total } = each.at(-1) ?? assert.fail(step);
    assert.ok(total > 0 && done === total, `${step}: ${done} of ${total}`);
  }
}
