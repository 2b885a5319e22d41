import { readFile, writeFile } from 'node:fs/promises';
import { systemCode } from '../../lib/errors.ts';

/**
 * The text of a file below /proc or /sys, which have no size to check, or undefined when there is no such file.
 * What stands below /proc/sys/net belongs to the network namespace of this process.
 */
export async function readKernelFile(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Sets a value below /proc/sys; false when this kernel, or this interface, has no such file. */
export async function writeKernelFile(path: string, value: string): Promise<boolean> {
  try {
    await writeFile(path, value, { flag: 'r+' });
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
