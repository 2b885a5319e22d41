import { AppError } from '../lib/errors.ts';

/** The unit of comparing, in bytes (layer §1). */
export const BLOCK = 4096;
/** The unit in which qcow2 allocates, in bytes. */
export const CLUSTER = 65_536;
/** What one entry of the piece list covers, in bytes (layer §8.5). */
export const PIECE = 1 << 20;
export const HEAD_BYTES = 64;
export const HASH_BYTES = 32;
/** The largest disk, so that 4 KiB blocks of disks and of layer files can be counted with 32 bits. */
export const MAX_VIRTUAL_BYTES = 2 ** 43;
/** How deep a chain may be. */
export const MAX_CHAIN = 64;
/** How many frames can always be decoded at once: a frame's own dictionary ends before the frame this many lower (layer §6.1). */
export const FRAMES_AT_ONCE = 8;

const MAGIC = Buffer.from('LAZBLOB1', 'latin1');
const FRAME_BYTES = [262_144, 1_048_576];
const DICTIONARY_BLOCKS = [0, 256, 1024];
const MAX_PACKED_MAP = 64 << 20;
const MAX_MAP = 256 << 20;

/** The first 64 bytes of a blob (layer §8.1). */
export interface Head {
  frameBytes: number;
  /** Blocks a frame's dictionary may have at most. */
  dictionaryBlocks: number;
  layerBytes: number;
  /** Virtual size of the base; 0 when there is none. */
  baseBytes: number;
  newBlocks: number;
  recordsBytes: number;
  tableBytes: number;
  packedMapBytes: number;
}

/** What is known of a layer before its blob is opened; comes from signed metadata and the chain. */
export interface Known {
  layerBytes: number;
  virtualBytes: number;
  baseBytes: number;
  blobBytes: number;
}

export function encodeHead(head: Head): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(head.frameBytes, 8);
  bytes.writeUInt32LE(head.dictionaryBlocks, 12);
  bytes.writeBigUInt64LE(BigInt(head.layerBytes), 16);
  bytes.writeBigUInt64LE(BigInt(head.baseBytes), 24);
  bytes.writeUInt32LE(head.newBlocks, 32);
  bytes.writeUInt32LE(head.recordsBytes, 36);
  bytes.writeUInt32LE(head.tableBytes, 40);
  bytes.writeUInt32LE(head.packedMapBytes, 44);
  return bytes;
}

/**
 * Reads a head and holds every number of it to layer §12 before anybody uses it.
 * @throws LAYER_INVALID, LAYER_TOO_LARGE, LAYER_TRUNCATED
 */
export function decodeHead(bytes: Buffer, known: Known): Head {
  if (bytes.length < HEAD_BYTES) throw new AppError('LAYER_TRUNCATED', 'the blob ends inside its head');
  const head = {
    frameBytes: bytes.readUInt32LE(8),
    dictionaryBlocks: bytes.readUInt32LE(12),
    layerBytes: Number(bytes.readBigUInt64LE(16)),
    baseBytes: Number(bytes.readBigUInt64LE(24)),
    newBlocks: bytes.readUInt32LE(32),
    recordsBytes: bytes.readUInt32LE(36),
    tableBytes: bytes.readUInt32LE(40),
    packedMapBytes: bytes.readUInt32LE(44),
  };
  hold(bytes.subarray(0, 8).equals(MAGIC), 'the blob is of no known format');
  hold(FRAME_BYTES.includes(head.frameBytes), 'the frame size is none of the format’s');
  hold(DICTIONARY_BLOCKS.includes(head.dictionaryBlocks), 'the dictionary size is none of the format’s');
  hold(
    bytes.subarray(48, HEAD_BYTES).every((byte) => byte === 0),
    'reserved bytes of the head are not zero',
  );
  checkLayerBytes(known.layerBytes, known.virtualBytes);
  hold(head.layerBytes === known.layerBytes, 'the blob is of a layer of another length');
  hold(head.baseBytes === known.baseBytes, 'the blob was made for a base of another size');
  hold(head.newBlocks <= blocksOf(head.layerBytes), 'there are more new blocks than the layer has');
  const mapBytes = head.recordsBytes + head.tableBytes;
  within(mapBytes, Math.min(MAX_MAP, maxMapBytes(head.layerBytes)), 'the block map');
  within(head.packedMapBytes, MAX_PACKED_MAP, 'the packed block map');
  hold(head.packedMapBytes > 0, 'there is no block map');
  if (framesOffset(head) > known.blobBytes) throw new AppError('LAYER_TRUNCATED', 'the blob ends inside its block map');
  return head;
}

/** Holds a layer file's length to layer §12. @throws LAYER_INVALID, LAYER_TOO_LARGE */
export function checkLayerBytes(layerBytes: number, virtualBytes: number): void {
  hold(Number.isSafeInteger(layerBytes) && layerBytes > 0, 'the layer has no length');
  hold(layerBytes % CLUSTER === 0, 'the layer is not a whole number of clusters');
  hold(
    Number.isSafeInteger(virtualBytes) && virtualBytes > 0 && virtualBytes % 512 === 0,
    'the disk has no proper size',
  );
  within(virtualBytes, MAX_VIRTUAL_BYTES, 'the disk');
  within(layerBytes, virtualBytes + virtualBytes / 64 + (16 << 20), 'the layer');
}

/** Blocks that cover so many bytes. */
export function blocksOf(bytes: number): number {
  return Math.ceil(bytes / BLOCK);
}

export function piecesOf(layerBytes: number): number {
  return Math.ceil(layerBytes / PIECE);
}

/** The most bytes an unpacked block map may have (layer §12). */
function maxMapBytes(layerBytes: number): number {
  return 64 + 40 * blocksOf(layerBytes);
}

/** Where the piece list lies in the blob. */
export function piecesOffset(head: Head): number {
  return HEAD_BYTES + head.packedMapBytes;
}

/** Where the first frame lies in the blob. */
export function framesOffset(head: Head): number {
  return piecesOffset(head) + HASH_BYTES * piecesOf(head.layerBytes);
}

/** The most bytes one packed frame may have (layer §12). */
export function maxPackedFrame(frameBytes: number): number {
  return frameBytes + frameBytes / 128 + 512;
}

/** @throws LAYER_INVALID with this message unless the condition holds */
export function hold(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AppError('LAYER_INVALID', message);
}

function within(bytes: number, maxBytes: number, what: string): void {
  if (bytes <= maxBytes) return;
  throw new AppError('LAYER_TOO_LARGE', `${what} is larger than this format allows`, { details: { bytes, maxBytes } });
}
