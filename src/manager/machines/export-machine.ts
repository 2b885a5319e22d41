import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { EXPORT_FORMATS } from '../../api/manager/jobs.ts';
import { flatBytes, flattenChain } from '../../layer/chain/flatten-chain.ts';
import { AppError } from '../../lib/errors.ts';
import { layersBelowWork } from '../../package/build/releases.ts';
import { requirePowerOff } from '../../package/checks.ts';
import { withExportFolder } from '../../project/export-folder.ts';
import { vmPaths } from '../../project/layout.ts';
import { takeVmLock } from '../../project/make.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import { requireFree } from '../../sys/files/bulk/receive.ts';
import { fileBytes } from '../../sys/files/files.ts';
import { giveName, requireFreeName } from '../../sys/files/new-file.ts';
import { chainName, imageFacts, plain, qemuImg } from '../../sys/programs/qemu-img.ts';
import { writeOva } from './write-ova.ts';

export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** How far an export is: bytes of its disk that are copied, or compared with what they were copied from; or of what is packed then. */
export type ExportNews = { doneBytes: number; totalBytes: number } & (
  | { kind: 'copying' | 'comparing' }
  | { kind: 'packing'; file: string }
);

interface Options {
  to: string;
  format: ExportFormat;
  signal?: AbortSignal;
  tell?: (news: ExportNews) => void;
}

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
  await requireFreeName(to);
  await using _lock = await takeVmLock(project, name);
  await requirePowerOff(name, suspended);
  const chain = [...(await layersBelowWork(folder, name)), work];
  await requireFree(dirname(to), await flatBytes(chain), `${name}, exported,`);
  const totalBytes = Facts.parse(await imageFacts(work, 'qcow2', { signal }))['virtual-size'];
  const copied = (kind: 'copying' | 'comparing', done: number) =>
    tell({ kind, doneBytes: Math.round(done * totalBytes), totalBytes });
  return await withExportFolder(folder, name, to, async (beside) => {
    const whole = join(beside, 'whole');
    if (format === 'qcow2') {
      const onProgress = (part: string, done: number) => copied(part === 'convert' ? 'copying' : 'comparing', done);
      await flattenChain(chain, whole, { signal, onProgress });
    } else {
      if (firmware === 'direct')
        throw new AppError(
          'VM_UNSUPPORTED',
          `${name} starts its kernel without firmware, which no OVA can say: export its disk, as qcow2`,
        );
      const disk = join(beside, `${name}-disk1.vmdk`);
      const options = ['-O', 'vmdk', '-o', 'subformat=streamOptimized'];
      const onProgress = (done: number) => copied('copying', done);
      await qemuImg(['convert', '-p', ...options, chainName(chain), plain(disk)], { signal, onProgress });
      const machine = { name, memoryMiB, cpus, firmware, ...(os ? { os } : {}) };
      const onBytes = (doneBytes: number, totalBytes: number) =>
        tell({ kind: 'packing', file: basename(to), doneBytes, totalBytes });
      await writeOva({ ...machine, disk: { path: disk, capacityBytes: totalBytes } }, whole, { signal, onBytes });
    }
    await giveName(whole, to);
    return { bytes: await fileBytes(to) };
  });
}
