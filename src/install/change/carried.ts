import { AppError } from '../../lib/errors.ts';
import { blobName } from '../../package/blob-file.ts';
import type { OpenedPackage } from '../../package/open.ts';
import { openCounted, type Source } from '../../sys/sources/source.ts';
import type { InstallPlan } from '../plan/plan.ts';

/** A file of a package, as whoever lacks it is told. */
export interface Part {
  what: string;
  blob: { bytes: number; sha256: string };
}

/** The parts that a plan brings, in the order in which they are brought: files, then layers. */
function partsOf({ files, layers }: Pick<InstallPlan, 'files' | 'layers'>): Part[] {
  return [...files.map(fileBlob), ...layers.map(layerBlob)];
}

export function fileBlob({ blob }: InstallPlan['files'][number]): Part {
  return { what: 'a boot file', blob };
}

export function layerBlob({ blob, below }: InstallPlan['layers'][number]): Part {
  return { what: `release ${below.length + 1} of its disk`, blob };
}

/** A package that is not full leaves out what computers should have: this one has it not. */
export function baseMissing(what: string, cause: unknown): AppError {
  const message = `the package needs ${what}, which it does not carry and which is not installed here`;
  return new AppError('LAYER_BASE_MISSING', message, { cause });
}

/**
 * Asks the source for the first byte of all that would be fetched of it, where the package may leave something out. Of what was
 * fetched before, nothing is asked.
 * @throws LAYER_BASE_MISSING, FETCH_*
 */
export async function requireCarried(
  plan: InstallPlan,
  { source, manifest }: OpenedPackage,
  staged: ReadonlyMap<string, number>,
  signal?: AbortSignal,
): Promise<void> {
  if (manifest.value.kind === 'full') return;
  for (const { what, blob } of partsOf(plan)) {
    if ((staged.get(blob.sha256) ?? 0) >= blob.bytes) continue;
    await touch(source, blob, signal).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'FETCH_MISSING') throw baseMissing(what, error);
      // It is on a volume that is asked for when it is needed.
      if (!error.code.startsWith('VOLUME_')) throw error;
    });
  }
}

async function touch(source: Source, { bytes, sha256 }: Part['blob'], signal?: AbortSignal): Promise<void> {
  const wanted = { maxBytes: bytes, from: 0, bytes: 1, ...(signal ? { signal } : {}) };
  const { chunks } = await openCounted(source, blobName(sha256), wanted);
  for await (const _first of chunks) break;
}
