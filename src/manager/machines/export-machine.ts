import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { z } from 'zod';
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
import { chainName, imageFacts, plain, qemuImg } from '../../sys/programs/qemu-img.ts';

export const EXPORT_FORMATS = ['ova', 'qcow2'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Beyond this a file’s length has no place in an archive of the older form, which the standard of OVF names. */
const MAX_USTAR_BYTES = 2 ** 33 - 1;
const HOUR_MS = 3_600_000;
const Facts = z.looseObject({ 'virtual-size': z.int().min(1) });

/**
 * Writes a machine of a project for other programs: its system disk as it is now, as one file; in an OVA with its hardware. It is
 * there whole or not at all.
 * @throws PROJECT_*, VM_UNKNOWN, VM_RUNNING, VM_SUSPENDED, VM_UNSUPPORTED, FILE_EXISTS, DISK_FULL, PROGRAM_*, INTERRUPTED
 */
export async function exportMachine(
  folder: string,
  name: string,
  { to, format, signal }: { to: string; format: ExportFormat; signal?: AbortSignal },
): Promise<void> {
  const project = await openProject(folder);
  const { file } = vmNamed(project, name);
  const { memoryMiB, cpus, firmware, os } = file.value;
  const { suspended, work } = vmPaths(folder, name);
  if (await isThere(to)) throw new AppError('FILE_EXISTS', `${to} is there already`);
  await using _lock = await takeVmLock(project, name);
  await requirePowerOff(name, suspended);
  const chain = [...(await layersBelowWork(folder, name)), work];
  await requireFree(dirname(to), await flatBytes(chain), `${name}, exported,`);
  if (format === 'qcow2') return await flattenChain(chain, to, { signal });
  if (firmware === 'direct')
    throw new AppError(
      'VM_UNSUPPORTED',
      `${name} starts its kernel without firmware, which no OVA can say: export its disk, as qcow2`,
    );
  const beside = temporaryBeside(to);
  try {
    await makeFolder(beside, 0o700);
    await writePackage(beside, chain, { name, memoryMiB, cpus, firmware, ...(os ? { os } : {}) }, signal);
    await moveFile(join(beside, 'whole'), to);
  } finally {
    await removeFolder(beside);
  }
}

async function writePackage(
  folder: string,
  chain: readonly string[],
  machine: Omit<OvfMachine, 'disk'>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { name } = machine;
  const [description, manifest, disk] = [`${name}.ovf`, `${name}.mf`, `${name}-disk1.vmdk`];
  const options = ['-O', 'vmdk', '-o', 'subformat=streamOptimized'];
  await qemuImg(['convert', ...options, chainName(chain), plain(join(folder, disk))], { signal });
  const facts = Facts.parse(await imageFacts(chain.at(-1) ?? '', 'qcow2', { signal }));
  const bytes = await fileBytes(join(folder, disk));
  const text = ovfOf({ ...machine, disk: { file: disk, bytes, capacityBytes: facts['virtual-size'] } });
  await writeFileAtomic(join(folder, description), text);
  const { sha256 } = await digestFile(join(folder, disk), signal);
  const own = createHash('sha256').update(text).digest('hex');
  await writeFileAtomic(join(folder, manifest), `SHA256(${description})= ${own}\nSHA256(${disk})= ${sha256}\n`);
  const form = bytes > MAX_USTAR_BYTES ? 'gnu' : 'ustar';
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=0644'];
  await run(
    'tar',
    [`--format=${form}`, ...owner, '-cf', join(folder, 'whole'), '-C', folder, description, manifest, disk],
    {
      timeoutMs: HOUR_MS,
      ...(signal ? { signal } : {}),
    },
  );
}
