import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { isThere } from '../../sys/files/files.ts';
import { mapImage } from '../../sys/programs/qemu-img.ts';
import { openBlocks } from '../../sys/secrets/locked-blocks.ts';
import { BLOCK, hold, MAX_CHAIN, MAX_VIRTUAL_BYTES } from '../format.ts';
import { type Chain, type Extent, NO_CHAIN } from './chain.ts';

const Size = z
  .int()
  .min(0)
  .max(2 * MAX_VIRTUAL_BYTES);
const Mapped = z.array(
  z.object({
    start: Size,
    length: Size.positive(),
    depth: z.int().min(0),
    zero: z.boolean(),
    data: z.boolean(),
    offset: Size.optional(),
  }),
);

/**
 * Asks QEMU where the bytes of a chain lie; `files` are given bottom first and must be plain qcow2 (layer §3.1).
 * @throws LAYER_BASE_MISSING when a file is not there, LAYER_INVALID for what layer §3.4 refuses, LAYER_TOO_LARGE
 */
export async function openChain(files: readonly string[], signal?: AbortSignal, diskKey?: string): Promise<Chain> {
  if (files.length === 0) return NO_CHAIN;
  if (files.length > MAX_CHAIN) throw new AppError('LAYER_TOO_LARGE', `a chain of ${files.length} layers is too deep`);
  for (const path of files) {
    if (!(await isThere(path)))
      throw new AppError('LAYER_BASE_MISSING', `the layer ${path} is not there`, { details: { path } });
  }
  return chainOf(files.toReversed(), await mapImage(files, { signal, diskKey }), diskKey);
}

function chainOf(files: readonly string[], answer: unknown, diskKey: string | undefined): Chain {
  const mapped = Mapped.safeParse(answer);
  if (!mapped.success)
    throw new AppError('LAYER_INVALID', 'QEMU’s map of the disk is not understood', { cause: mapped.error });
  const sizes = files.map((path) => sizeOf(path, diskKey));
  let end = 0;
  const extents = mapped.data.map(({ start, length, depth, zero, data, offset }): Extent => {
    const size = sizes[depth];
    hold(start === end, 'QEMU’s map of the disk has gaps or overlaps');
    hold(size !== undefined, 'QEMU’s map names a file beyond the chain');
    end += length;
    if (zero || !data) return { start, length, depth, offset: undefined };
    hold(offset !== undefined, 'a layer holds compressed or encrypted clusters');
    hold(offset + length <= size, 'a layer is shorter than its own tables say');
    hold(start % BLOCK === 0 && offset % BLOCK === 0, 'a layer’s clusters are not aligned');
    return { start, length, depth, offset };
  });
  hold(end > 0 && end <= MAX_VIRTUAL_BYTES, 'the disk has no proper size');
  return { files, virtualBytes: end, extents, diskKey };
}

function sizeOf(path: string, diskKey: string | undefined): number {
  using file = openBlocks(path, 'read', diskKey);
  return file.size;
}
