import { stat } from 'node:fs/promises';
import { systemCode } from '../../lib/errors.ts';

/** Who may do what with a file or device, as chmod has it; undefined where there is none. */
export async function fileModeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
