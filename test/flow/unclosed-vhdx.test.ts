import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AppError } from '../../src/lib/errors.ts';
import { importDisk } from '../../src/project/disk-import.ts';
import { importForeign } from '../../src/project/foreign/import-foreign.ts';
import { readForeign } from '../../src/project/foreign/read-foreign.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { bootableNoise } from '../fakes/disk-image.ts';
import { code } from '../fakes/made-computer.ts';
import { scratch } from '../fakes/made-project.ts';
import { unclosedVhdx } from '../fakes/unclosed-vhdx.ts';

const skip = hasProgram('qemu-img') && hasProgram('bwrap') ? false : 'qemu-img or bubblewrap is not installed';
const MIB = 1 << 20;

/** A disk, as raw and as VHDX, and a place for what is made of it. */
async function vhdxOf(t: TestContext, disk: Buffer) {
  const folder = scratch(t);
  const [raw, image] = [join(folder, 'disk.raw'), join(folder, 'disk.vhdx')];
  writeFileSync(raw, disk);
  await run('qemu-img', ['convert', '-f', 'raw', '-O', 'vhdx', raw, image]);
  return { raw, image, work: join(folder, 'work.qcow2') };
}

/** Where the table of its blocks lies. */
function tableOf(image: Buffer): number {
  const region = image.indexOf('6677c22d23f600429d64115e9bfd4a08', 'hex');
  return Number(image.readBigUInt64LE(region + 16));
}

/** As `vm add --from` has it, which says so before it copies anything. */
async function viaForeign(image: string, work: string) {
  const { disk, notes } = await readForeign(image);
  assert.deepEqual(
    notes.map(({ code }) => code),
    ['unclosed'],
  );
  return importForeign(disk, work);
}

for (const [how, addFrom] of [
  ['its disk', importDisk],
  ['a machine', viaForeign],
] as const)
  test(`a VHDX that was not closed is imported as ${how}, with what its log was still to write; it stays as it is`, {
    skip,
  }, async (t) => {
    const disk = bootableNoise(4 * MIB);
    const { image, raw, work } = await vhdxOf(t, disk);
    const whole = readFileSync(image);
    const lacking = unclosedVhdx(whole, tableOf(whole));
    writeFileSync(image, lacking);

    await addFrom(image, work);

    const { stdout } = await run('qemu-img', ['compare', '-f', 'qcow2', '-F', 'raw', work, raw]);
    assert.match(stdout, /identical/);
    assert.ok(readFileSync(image).equals(lacking));
    assert.deepEqual(
      readdirSync(dirname(work)).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

test('what the log of a VHDX writes is held to its tables as what it had before', { skip }, async (t) => {
  const { image, work } = await vhdxOf(t, bootableNoise(4 * MIB));
  const whole = readFileSync(image);
  const at = tableOf(whole);
  // A block behind the end of the file.
  const far = Buffer.from(whole);
  far.writeBigUInt64LE((1n << 40n) | 6n, at);
  writeFileSync(image, unclosedVhdx(far, at));

  await assert.rejects(importDisk(image, work), ({ code, message }: AppError) => {
    assert.ok(['DISK_CUT', 'DISK_INVALID', 'DISK_UNCLEAN'].includes(code), `${code} ${message}`);
    assert.doesNotMatch(message, /closed\.[0-9a-f]+\.tmp/);
    return true;
  });
  assert.ok(!existsSync(work));
});

test('a VHDX that was not closed, for another program has it open, is in use', { skip }, async (t) => {
  const { image, work } = await vhdxOf(t, bootableNoise(4 * MIB));
  const whole = readFileSync(image);
  writeFileSync(image, unclosedVhdx(whole, tableOf(whole)));
  // As a raw disk: to open it as what it is would write its log.
  const user = spawn('qemu-io', ['-f', 'raw', image]);
  t.after(() => user.kill('SIGKILL'));
  await once(user.stdout, 'data');

  await assert.rejects(importDisk(image, work), code('DISK_IN_USE'));
});
