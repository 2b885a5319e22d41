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
}

/**
 * Makes one file of a chain given bottom first. It appears whole or not at all, after it was compared with what it stands for.
 * @throws FILE_EXISTS, DISK_FULL, PROGRAM_FAILED, INTERRUPTED; nothing is left then
 */
export async function flattenChain(
  files: readonly string[],
  out: string,
  { signal, background = false, steps = noSteps }: FlattenOptions = {},
): Promise<void> {
  await createFile(out, 0o444, async (beside) => {
    const format = ['-O', 'qcow2', '-o', 'compat=1.1,cluster_size=64k,lazy_refcounts=off'];
    await qemuImg(['convert', ...format, chainName(files), plain(beside)], { background, signal });
    await steps('converted');
    await qemuImg(['compare', '-q', chainName(files), chainName([beside])], { background, signal });
    await steps('compared');
  });
}

/** Bytes that the file made of a chain takes at most, about. */
export async function flatBytes(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(fileBytes));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}
