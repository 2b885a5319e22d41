import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { EXPORT_FORMATS } from '../../api/manager/jobs.ts';
import { flatBytes, flattenChain } from '../../layer/chain/flatten-chain.ts';
import { AppError } from '../../lib/errors.ts';
import { layersBelowWork } from '../../package/build/releases.ts';
import { requirePowerOff } from '../../package/checks.ts';
import { type OvfMachine, ovfOf } from '../../project/foreign/formats/ovf-text.ts';
import { vmPaths } from '../../project/layout.ts';
import { takeVmLock } from '../../project/make.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import { requireFree } from '../../sys/files/bulk/receive.ts';
import { digestFile, fileBytes, isThere, moveFile, writeFileAtomic } from '../../sys/files/files.ts';
import { makeFolder, removeFolder } from '../../sys/files/folders.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import { run } from '../../sys/programs/exec.ts';
import { chainName, imageFacts, isDiskFull, plain, qemuImg } from '../../sys/programs/qemu-img.ts';

export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** How far an export is: bytes of its disk that are copied, or compared with what they were copied from; then it is packed. */
export type ExportNews =
  | { kind: 'copying' | 'comparing'; doneBytes: number; totalBytes: number }
  | { kind: 'packing'; file: string };

interface Options {
  to: string;
  format: ExportFormat;
  signal?: AbortSignal;
  tell?: (news: ExportNews) => void;
}

/** Beyond this a file’s length has no place in an archive of the older form, which the standard of OVF names. */
const MAX_USTAR_BYTES = 2 ** 33 - 1;
/** How tar says it where a part of what it wrote went in yet. */
const SHORT = /Wrote only \d+ of \d+ bytes/;
const HOUR_MS = 3_600_000;
const Facts = z.looseObject({ 'virtual-size': z.int().min(1) });

/**
 * Writes a machine of a project for other programs: its system disk as it is now, as one file; in an OVA with its hardware. It is
 * there whole or not at all. Gives its length.
 * @throws PROJECT_*, VM_UNKNOWN, VM_RUNNING, VM_SUSPENDED, VM_UNSUPPORTED, FILE_EXISTS, DISK_FULL, PROGRAM_*, INTERRUPTED
 */
export async function exportMachine(
  folder: string,
  name: string,
  { to, format, signal, tell = () => undefined }: Options,
): Promise<{ bytes: number }> {
  const project = await openProject(folder);
  const { file } = vmNamed(project, name);
  const { memoryMiB, cpus, firmware, os } = file.value;
  const { suspended, work } = vmPaths(folder, name);
  if (await isThere(to)) throw new AppError('FILE_EXISTS', `${to} is there already`, { details: { path: to } });
  await using _lock = await takeVmLock(project, name);
  await requirePowerOff(name, suspended);
  const chain = [...(await layersBelowWork(folder, name)), work];
  await requireFree(dirname(to), await flatBytes(chain), `${name}, exported,`);
  const totalBytes = Facts.parse(await imageFacts(work, 'qcow2', { signal }))['virtual-size'];
  const onProgress = (kind: 'copying' | 'comparing', done: number) =>
    tell({ kind, doneBytes: Math.round(done * totalBytes), totalBytes });
  if (format === 'qcow2') {
    await flattenChain(chain, to, {
      signal,
      onProgress: (part, done) => onProgress(part === 'convert' ? 'copying' : 'comparing', done),
    });
    return { bytes: await fileBytes(to) };
  }
  if (firmware === 'direct')
    throw new AppError(
      'VM_UNSUPPORTED',
      `${name} starts its kernel without firmware, which no OVA can say: export its disk, as qcow2`,
    );
  const beside = temporaryBeside(to);
  try {
    await makeFolder(beside, 0o700);
    const machine = { name, memoryMiB, cpus, firmware, ...(os ? { os } : {}) };
    const disk = join(beside, `${name}-disk1.vmdk`);
    const options = ['-O', 'vmdk', '-o', 'subformat=streamOptimized'];
    await qemuImg(['convert', '-p', ...options, chainName(chain), plain(disk)], {
      signal,
      onProgress: (done) => onProgress('copying', done),
    });
    tell({ kind: 'packing', file: basename(to) });
    await writePackage(beside, { ...machine, disk: { file: basename(disk), capacityBytes: totalBytes } }, signal);
    await moveFile(join(beside, 'whole'), to);
    return { bytes: await fileBytes(to) };
  } finally {
    await removeFolder(beside);
  }
}

/** Puts the disk that lies in a folder, and what describes it, into one archive there. */
async function writePackage(
  folder: string,
  machine: Omit<OvfMachine, 'disk'> & { disk: Omit<OvfMachine['disk'], 'bytes'> },
  signal: AbortSignal | undefined,
): Promise<void> {
  const { name } = machine;
  const { file: disk } = machine.disk;
  const [description, manifest] = [`${name}.ovf`, `${name}.mf`];
  const bytes = await fileBytes(join(folder, disk));
  const text = ovfOf({ ...machine, disk: { ...machine.disk, bytes } });
  await writeFileAtomic(join(folder, description), text);
  const { sha256 } = await digestFile(join(folder, disk), signal);
  const own = createHash('sha256').update(text).digest('hex');
  await writeFileAtomic(join(folder, manifest), `SHA256(${description})= ${own}\nSHA256(${disk})= ${sha256}\n`);
  const form = bytes > MAX_USTAR_BYTES ? 'gnu' : 'ustar';
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=0644'];
  const words = [`--format=${form}`, ...owner, '-cf', join(folder, 'whole'), '-C', folder, description, manifest, disk];
  try {
    await run('tar', words, { timeoutMs: HOUR_MS, ...(signal ? { signal } : {}) });
  } catch (error) {
    if (!(error instanceof AppError) || !(isDiskFull(error) || SHORT.test(error.message))) throw error;
    throw new AppError('DISK_FULL', `${name}, exported, does not fit: the disk is full`, { cause: error });
  }
}
