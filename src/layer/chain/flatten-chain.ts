import { noSteps, type Steps } from '../../lib/steps.ts';
import { fileBytes } from '../../sys/files/files.ts';
import { createFile } from '../../sys/files/new-file.ts';
import { chainName, plain, qemuImg } from '../../sys/programs/qemu-img.ts';

/** Files in a chain that are read one through the other at most; beyond that one is made of them first. */
export const LONGEST_CHAIN = 32;

export interface FlattenOptions {
  signal?: AbortSignal | undefined;
  /** Gives way to everything else that wants the processor. */
  background?: boolean;
  steps?: Steps;
  /** Told how much of each of the two parts is done, from 0 to 1. */
  onProgress?: ((part: 'convert' | 'compare', done: number) => void) | undefined;
}

/**
 * Makes one file of a chain given bottom first. It appears whole or not at all, after it was compared with what it stands for.
 * @throws FILE_EXISTS, DISK_FULL, PROGRAM_FAILED, INTERRUPTED; nothing is left then
 */
export async function flattenChain(
  files: readonly string[],
  out: string,
  { signal, background = false, steps = noSteps, onProgress }: FlattenOptions = {},
): Promise<void> {
  await createFile(out, 0o444, async (beside) => {
    const format = ['-O', 'qcow2', '-o', 'compat=1.1,cluster_size=64k,lazy_refcounts=off'];
    const following = (part: 'convert' | 'compare') =>
      onProgress ? { onProgress: (done: number) => onProgress(part, done) } : {};
    const says = onProgress ? '-p' : '-q';
    const [from, to] = [chainName(files), chainName([beside])];
    const how = { background, signal };
    await qemuImg(['convert', says, ...format, from, plain(beside)], { ...how, ...following('convert') });
    await steps('converted');
    await qemuImg(['compare', says, from, to], { ...how, ...following('compare') });
    await steps('compared');
  });
}

/** Bytes that the file made of a chain takes at most, about. */
export async function flatBytes(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(fileBytes));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}
