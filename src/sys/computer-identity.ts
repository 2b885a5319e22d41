import { systemCode } from '../lib/errors.ts';
import { readKernelFile } from './files/kernel.ts';
import { run } from './programs/exec.ts';

/**
 * What tells this computer from others: the identity that its system was given at its installation, and that of its mainboard
 * where this user may read it. A copy of its whole disk has the same of the former, not of the latter.
 */
export async function computerIdentity(): Promise<string> {
  const files = ['/etc/machine-id', '/sys/class/dmi/id/product_uuid'];
  return (await Promise.all(files.map(readOrNothing))).join(' ');
}

/** What this computer is called. */
export async function computerName(): Promise<string> {
  return (await readOrNothing('/proc/sys/kernel/hostname')).trim();
}

async function readOrNothing(path: string): Promise<string> {
  try {
    return (await readKernelFile(path)) ?? '';
  } catch (error) {
    if (['EACCES', 'EPERM'].includes(systemCode(error) ?? '')) return '';
    throw error;
  }
}

/** What tells the file system that a path is on from others: its own identity where it can be told, and what the kernel says of it. */
export interface FileSystemIdentity {
  uuid?: string;
  kernel: string;
}

/** @throws PROGRAM_* */
export async function fileSystemIdentity(path: string): Promise<FileSystemIdentity> {
  const { stdout: kernel } = await run('stat', ['-f', '-c', '%T %i', path]);
  const { stdout } = await run('findmnt', ['-n', '-o', 'UUID', '-T', path], { allow: [1] });
  const uuid = stdout.split('\n').at(-1)?.trim() ?? '';
  return uuid === '' ? { kernel } : { uuid, kernel };
}
