import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { WriteBehind } from '../../sys/files/bulk/write-behind.ts';
import { digestFile } from '../../sys/files/files.ts';
import { freeBytes } from '../../sys/files/folders.ts';
import { createFile } from '../../sys/files/new-file.ts';
import { LockedFile, openBlocks } from '../../sys/secrets/locked-blocks.ts';
import { dataBytes, type Expected, type Plan, readBlob } from '../blob.ts';
import { openChain } from '../chain/open-chain.ts';
import { checkLayerFacts, checkLayerHeader } from '../chain/qcow2.ts';
import { BLOCK, PIECE } from '../format.ts';
import { type ReplayOptions, replay, type Work } from './replay.ts';

export interface RebuildOptions extends Work {
  blob: string;
  /** The installed layers it goes on, bottom first. */
  below: readonly string[];
  expected: Expected;
  /** Must not exist. Afterwards it is complete, synced and read-only, or not there. */
  out: string;
  /** What opens the layers below, and is to open this one: where it is given, they are encrypted. */
  diskKey?: string | undefined;
}

/**
 * Rebuilds a layer file from its blob and the layers below, byte for byte (layer §11.1 steps 4 to 12).
 * @throws LAYER_TRUNCATED, LAYER_INVALID, LAYER_TOO_LARGE (the blob breaks a rule), LAYER_HASH (blob or result are not the
 * signed ones), LAYER_BASE_MISSING, DISK_FULL, FILE_MISSING, FILE_EXISTS, INTERRUPTED; nothing is left then
 */
export async function rebuildLayer(options: RebuildOptions): Promise<{ pieces: Buffer }> {
  const { blob, below, expected, out, signal, diskKey } = options;
  const base = await openChain(below, signal, diskKey);
  const plan = readBlob(blob, expected, base.virtualBytes);
  const found = await digestFile(blob, signal);
  if (found.sha256 !== expected.blob.sha256) throw new AppError('LAYER_HASH', 'the blob is not the signed one');
  await reserve(out, plan);
  await createFile(out, 0o444, async (beside) => {
    const sha256 = await writeLayer({ ...options, base, plan, out: beside });
    if (sha256 !== expected.sha256) throw new AppError('LAYER_HASH', 'the rebuilt layer is not the signed one');
    checkLayerHeader(beside, expected.virtualBytes, diskKey);
    await checkLayerFacts(beside, expected.virtualBytes, { signal, diskKey });
  });
  return { pieces: plan.pieces };
}

async function reserve(out: string, plan: Plan): Promise<void> {
  const needed = dataBytes(plan);
  const free = await freeBytes(dirname(out));
  if (free < needed)
    throw new AppError('DISK_FULL', 'the layer does not fit on this disk', { details: { needed, free } });
}

/** Writes the layer a plan describes to `out`, which must not exist, and gives the SHA-256 of what is there; nothing is synced. */
export async function writeLayer(options: Omit<ReplayOptions, 'onPrefix'>): Promise<string> {
  const { plan, out, diskKey } = options;
  using file = openBlocks(out, 'create', diskKey);
  file.resize(plan.head.layerBytes);
  await using behind = new WriteBehind(file);
  const digest = createHash('sha256');
  const bytes = Buffer.allocUnsafeSlow(PIECE);
  let hashed = 0;
  // Read back and hashed here while threads write what follows.
  const onPrefix = (block: number) => {
    while (hashed < block * BLOCK) {
      const part = bytes.subarray(0, Math.min(PIECE, block * BLOCK - hashed));
      if (file instanceof LockedFile) file.fillHoles(hashed, part.length);
      file.read(part, hashed);
      digest.update(part);
      hashed += part.length;
    }
    behind.written(hashed);
  };
  await replay({ ...options, onPrefix });
  return digest.digest('hex');
}
