import { formatBytes } from '../../../lib/bytes.ts';
import { AppError } from '../../../lib/errors.ts';
import { freeBytes } from '../../../sys/files/folders.ts';
import type { Check } from './doctor.ts';

/** With less than this neither an update nor a machine that writes goes on. */
const LEAST_BYTES = 256 << 20;
const LITTLE_BYTES = 2 * 1024 ** 3;

/** How much room there is where machines lie; nothing where there is no such folder yet. */
export async function lookAtDisk(folder: string): Promise<Check[]> {
  try {
    return [diskCheck(folder, await freeBytes(folder))];
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('FILE_')) return [];
    throw error;
  }
}

export function diskCheck(folder: string, free: number): Check {
  const remedy = `${formatBytes(free)} are free under ${folder}: remove what is not needed (lazaret uninstall, lazaret snapshot remove), or give it a larger disk`;
  const what = 'room for machines on the disk';
  if (free < LEAST_BYTES) return { what, ok: false, remedy };
  return { what, ok: true, remedy: '', ...(free < LITTLE_BYTES ? { note: remedy } : {}) };
}
