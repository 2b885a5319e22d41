import { createHash, hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AppError } from '../../lib/errors.ts';
import { inOrder } from '../../lib/in-order.ts';
import { BlockFile } from '../../sys/files/bulk/blocks.ts';
import { createFile, withScratch } from '../../sys/files/new-file.ts';
import { openThreads, type Threads, usualThreads } from '../../sys/programs/threads.ts';
import { type Chain, ChainReader, guestBlocks } from '../chain/chain.ts';
import { openChain } from '../chain/open-chain.ts';
import { checkLayerHeader } from '../chain/qcow2.ts';
import type { LayerEntry } from '../entry.ts';
import { BLOCK, blocksOf, checkLayerBytes, encodeHead, maxPackedFrame } from '../format.ts';
import { FrameTableWriter, NO_DICTIONARY } from '../frames.ts';
import { anchorBits } from '../index/anchors.ts';
import { indexBase } from '../index/base-index.ts';
import { type BaseIndex, NO_INDEX, openIndex } from '../index/index-file.ts';
import { DamagedIndex } from '../index/key-pages.ts';
import { type Mode, type Packing, packingOf } from '../modes.ts';
import type { Work } from '../rebuild/replay.ts';
import { compress } from '../zstd.ts';
import { chooser } from './choose.ts';
import { type DescribeJobs, openDescribe, type Packed, STRETCH, type Stretch, slotOf } from './describe-jobs.ts';
import { prove } from './prove.ts';
import { type Resolver, resolver } from './resolve.ts';

export interface DescribeOptions extends Work {
  /** The layer file, as `normalise` makes it. */
  layer: string;
  /** The layers below it, bottom first; none for a full package. */
  below: readonly string[];
  /** The index of those layers (see `makeIndex`). Without it, or when it is not of them, they are read once more. */
  index?: string | undefined;
  mode: Mode;
  /** Where the blob goes; must not exist. */
  out: string;
}

/** What a manifest needs to know of a layer and its blob, but for the names of the layers below. */
export interface Described {
  blob: Pick<LayerEntry['blob'], 'bytes' | 'sha256'>;
  layer: Pick<LayerEntry, 'bytes' | 'sha256' | 'virtualBytes' | 'pieces'>;
  mode: Mode;
  /** Blocks of the layer file by what became of them (layer §4), and bytes of the packed block map. */
  stats: Resolver['counts'] & { mapBytes: number; frames: number };
}

/** Layers smaller than this are described without threads: starting them would take longer. */
const SMALL_LAYER = 8 << 20;
const MAP_LEVEL = 9;
/** Packed frames that may wait for an earlier one (layer §10.2). */
const MAX_WAITING = 64;
const WORKER = new URL('./describe-worker.ts', import.meta.url);

/**
 * Describes a layer against the layers below it as a blob, from which `rebuildLayer` makes the same file again. The blob is
 * rebuilt and compared, block by block, before this returns (layer §11.5). Same layer, base, mode and Node: same blob, with any number of
 * workers and with or without an index.
 * @throws LAYER_INVALID (no layer as `normalise` makes it), LAYER_BASE_MISSING, LAYER_TOO_LARGE, LAYER_HASH (the blob did
 * not give the layer back), FILE_EXISTS, DISK_FULL, INTERRUPTED; nothing is left then
 */
export async function describeLayer(options: DescribeOptions): Promise<Described> {
  const { layer, below, signal } = options;
  const { virtualBytes } = checkLayerHeader(layer);
  const [base, own] = await Promise.all([openChain(below, signal), openChain([layer], signal)]);
  return createFile(options.out, 0o644, (beside) =>
    withIndex(beside, base, options, (index) =>
      describeBlocks({ ...options, base, own, index, virtualBytes, out: beside }),
    ),
  );
}

/** Does something with the index that there is of a base, and with one that is made now where there is none or it is damaged. */
async function withIndex<T>(
  beside: string,
  base: Chain,
  options: DescribeOptions,
  work: (index: BaseIndex) => Promise<T>,
): Promise<T> {
  if (base.virtualBytes === 0) return work(NO_INDEX);
  using known = options.index === undefined ? undefined : await openIndex(options.index, base);
  if (known) {
    try {
      return await work(known);
    } catch (error) {
      if (!(error instanceof DamagedIndex)) throw error;
    }
  }
  return withScratch(`${beside}.index`, async (path) => {
    await indexBase(path, base, options);
    using made = await openIndex(path, base);
    if (!made) throw new AppError('INTERNAL', 'the index that was just made cannot be used');
    return await work(made);
  });
}

export interface DescribeBlocksOptions extends Work {
  layer: string;
  base: Chain;
  /** The layer file alone: which of its bytes are the guest’s. */
  own: Chain;
  index: BaseIndex;
  mode: Mode;
  virtualBytes: number;
  out: string;
}

/** The same, knowing where the bytes lie. Any file will do as a layer. @throws DamagedIndex; then nothing was written to `out` */
export async function describeBlocks(options: DescribeBlocksOptions): Promise<Described> {
  const { layer, base, own, index, mode, virtualBytes, out, signal, onProgress } = options;
  using file = new BlockFile(layer, 'read');
  const layerBytes = file.size;
  checkLayerBytes(layerBytes, virtualBytes);
  const packing = packingOf(mode, base.virtualBytes === 0);
  const guest = guestBlocks(own);
  const bits = Math.max(index.anchorBits, anchorBits(layerBytes));
  const layerBlocks = blocksOf(layerBytes);
  const count = options.workers ?? (layerBytes < SMALL_LAYER ? 0 : usualThreads());

  return await withScratch(out, async (framesPath) => {
    using framesFile = new BlockFile(framesPath, 'create');
    const setup = { layer, base, guest: guest.words, packing, anchorBits: bits, frames: framesPath };
    await using threads = openThreads(WORKER, openDescribe, setup, { count, signal });
    using below = new ChainReader(base);
    const digest = createHash('sha256');
    const read = (bytes: Buffer) => void digest.update(bytes);
    const resolved = resolver({ layer: file, read, layerBlocks, guest, base: below, keys: index.keys });
    const { choose } = chooser(
      packing,
      packing.dictionaryBlocks === 0 ? NO_INDEX.anchors() : index.anchors(),
      below.blocks,
      (layerBytes * 2) / 2 ** bits,
    );
    const pieces: Uint8Array[] = [];
    const cut = cutFrames(threads, { layerBlocks, packing, resolved, pieces, onProgress });
    const frames = new FrameTableWriter();
    const slots: Packed[] = [];
    for await (const { dictionary, slot } of packFrames(threads, cut, { packing, choose, resolved })) {
      frames.add({ packedBytes: slot.bytes, dictionary });
      slots.push(slot);
    }

    const pieceList = Buffer.concat(pieces);
    const head = { ...packing, layerBytes, baseBytes: base.virtualBytes, newBlocks: resolved.counts.new };
    const { map, ...mapSizes } = packMap(resolved, frames);
    const start = Buffer.concat([encodeHead({ ...head, ...mapSizes }), map, pieceList]);
    const made = {
      blob: writeBlob(out, start, framesFile, slots, packing),
      layer: { bytes: layerBytes, sha256: digest.digest('hex'), virtualBytes, pieces: hash('sha256', pieceList) },
    };
    prove(out, { ...made.layer, blob: made.blob }, { layer: file, base: below, newBlocks: resolved.newBlocks, frames });
    return { ...made, mode, stats: { ...resolved.counts, mapBytes: map.length, frames: frames.count } };
  });
}

interface CutFrame {
  number: number;
  /** Its new blocks as file blocks. */
  blocks: Uint32Array;
}

interface CutOptions {
  layerBlocks: number;
  packing: Packing;
  resolved: Resolver;
  /** Receives the piece list. */
  pieces: Uint8Array[];
  onProgress: Work['onProgress'];
}

/** Classifies the layer in threads, resolves it in order, and gives each frame as soon as its blocks are known (layer §10.2 a, b). */
async function* cutFrames(threads: Threads<DescribeJobs>, options: CutOptions): AsyncGenerator<CutFrame> {
  const { layerBlocks, packing, resolved, pieces, onProgress } = options;
  const perFrame = packing.frameBytes / BLOCK;
  let number = 0;
  const frame = () => {
    const first = number * perFrame;
    const blocks = resolved.newBlocks.slice(first, Math.min(perFrame, resolved.counts.new - first));
    number += 1;
    return { number: number - 1, blocks };
  };
  const classified = inOrder(stretches(layerBlocks), threads.ahead, (stretch) => threads.run('classify', stretch));
  for await (const stretch of classified) {
    resolved.take(stretch);
    pieces.push(stretch.pieces);
    onProgress?.((stretch.first + stretch.n) / layerBlocks);
    while (resolved.counts.new >= (number + 1) * perFrame) yield frame();
  }
  if (resolved.counts.new > number * perFrame) yield frame();
}

function* stretches(layerBlocks: number): Generator<Stretch> {
  for (let first = 0; first < layerBlocks; first += STRETCH) yield { first, n: Math.min(STRETCH, layerBlocks - first) };
}

interface PackOptions {
  packing: Packing;
  choose: ReturnType<typeof chooser>['choose'];
  resolved: Resolver;
}

/** Finds the frames’ anchors in threads, chooses dictionaries in order, compresses in threads (layer §10.2 c, d, e). */
async function* packFrames(threads: Threads<DescribeJobs>, cut: AsyncIterable<CutFrame>, options: PackOptions) {
  const { packing, choose, resolved } = options;
  const anchored = inOrder(cut, threads.ahead, async (frame) => ({
    ...frame,
    anchors: packing.dictionaryBlocks === 0 ? undefined : await threads.run('anchors', frame.blocks),
  }));
  const waiting = Math.min(MAX_WAITING, 4 * threads.ahead);
  yield* inOrder(anchored, waiting, async ({ number, blocks, anchors }) => {
    const dictionary = anchors ? choose(number, blocks.length, anchors) : NO_DICTIONARY;
    const own = dictionary.own.map((block) => resolved.newBlocks.at(block));
    const slot = await threads.run('pack', { number, blocks, base: dictionary.base, own });
    return { dictionary, slot };
  });
}

function packMap(resolved: Resolver, frames: FrameTableWriter) {
  const records = resolved.records.end();
  const table = frames.bytes;
  const map = compress(Buffer.concat([records, table]), MAP_LEVEL);
  return { map, recordsBytes: records.length, tableBytes: table.length, packedMapBytes: map.length };
}

/** Puts the parts of a blob together; the frames wait in their slots. @throws LAYER_HASH when one is not what it was */
function writeBlob(path: string, start: Buffer, file: BlockFile, slots: readonly Packed[], packing: Packing) {
  using blob = new BlockFile(path, 'create');
  const digest = createHash('sha256').update(start);
  blob.write(start, 0);
  let bytes = start.length;
  const room = Buffer.allocUnsafeSlow(maxPackedFrame(packing.frameBytes));
  for (const [number, slot] of slots.entries()) {
    const frame = room.subarray(0, slot.bytes);
    file.read(frame, slotOf(packing, number));
    if (crc32(frame) !== slot.sum) throw new AppError('LAYER_HASH', 'a packed frame is not what was packed');
    digest.update(frame);
    blob.write(frame, bytes);
    bytes += frame.length;
  }
  return { bytes, sha256: digest.digest('hex') };
}
