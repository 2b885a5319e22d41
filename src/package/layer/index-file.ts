import { createHash } from 'node:crypto';
import { BlockFile } from '../../sys/blocks.ts';
import { readIfThere } from '../../sys/files.ts';
import { type Chain, ChainReader } from './chain.ts';
import { BLOCK } from './format.ts';
import { writeKey } from './keys.ts';
import type { Surveyed } from './survey-jobs.ts';

/** Keys and anchors of all blocks of a base that are not zero, in the order of the blocks (layer §5). */
export interface BaseIndex extends Surveyed {
  anchorBits: number;
}

export const NO_INDEX: BaseIndex = {
  anchorBits: 0,
  blocks: new Uint32Array(0),
  keys: new Uint32Array(0),
  anchorHashes: new Uint32Array(0),
  anchorBlocks: new Uint32Array(0),
};

const MAGIC = Buffer.from('LAZINDX1', 'latin1');
const HEAD = 88;
const MAX_INDEX_BYTES = 2 ** 31;
const SAMPLES = 64;

/** Tells bases apart without reading them: their size and where their bytes lie. */
function layoutOf(base: Chain): Buffer {
  const hash = createHash('sha256');
  hash.update(`${base.virtualBytes}\n`);
  for (const { start, length, depth, offset } of base.extents)
    hash.update(`${start} ${length} ${depth} ${offset ?? '-'}\n`);
  return hash.digest();
}

/**
 * Writes an index to a file that must not exist. Head: magic, anchor bits, counts of blocks and anchors, layout of the base,
 * SHA-256 of what follows; then the four lists.
 */
export function writeIndex(path: string, index: BaseIndex, base: Chain): void {
  using file = new BlockFile(path, 'create');
  const hash = createHash('sha256');
  let at = HEAD;
  for (const list of [index.blocks, index.keys, index.anchorHashes, index.anchorBlocks]) {
    const bytes = new Uint8Array(list.buffer, list.byteOffset, list.byteLength);
    hash.update(bytes);
    file.write(bytes, at);
    at += bytes.length;
  }
  const head = Buffer.alloc(HEAD);
  MAGIC.copy(head);
  head.writeUInt32LE(index.anchorBits, 8);
  head.writeUInt32LE(index.blocks.length, 12);
  head.writeUInt32LE(index.anchorHashes.length, 16);
  layoutOf(base).copy(head, 24);
  hash.digest().copy(head, 56);
  file.write(head, 0);
}

/** Returns undefined when there is no index, or one that is damaged or not of this base: then another is made. */
export async function openIndex(path: string, base: Chain): Promise<BaseIndex | undefined> {
  const bytes = await readIfThere(path, MAX_INDEX_BYTES);
  if (!bytes || bytes.length < HEAD || !bytes.subarray(0, 8).equals(MAGIC)) return undefined;
  const body = bytes.subarray(HEAD);
  const blockCount = bytes.readUInt32LE(12);
  const anchorCount = bytes.readUInt32LE(16);
  if (body.length !== 12 * blockCount + 8 * anchorCount) return undefined;
  if (!bytes.subarray(24, 56).equals(layoutOf(base))) return undefined;
  if (!bytes.subarray(56, HEAD).equals(createHash('sha256').update(body).digest())) return undefined;
  let at = body.byteOffset;
  const next = (words: number) => {
    const list = new Uint32Array(body.buffer, at, words);
    at += list.byteLength;
    return list;
  };
  const index = {
    anchorBits: bytes.readUInt32LE(8),
    blocks: next(blockCount),
    keys: next(2 * blockCount),
    anchorHashes: next(anchorCount),
    anchorBlocks: next(anchorCount),
  };
  return fits(index, base) ? index : undefined;
}

/** Some blocks, spread evenly, must still have the keys they had: tells another base of the same layout. */
function fits({ blocks, keys }: BaseIndex, base: Chain): boolean {
  using reader = new ChainReader(base);
  const bytes = Buffer.allocUnsafeSlow(BLOCK);
  const key = new Uint32Array(2);
  const step = Math.max(1, Math.floor(blocks.length / SAMPLES));
  for (let at = 0; at < blocks.length; at += step) {
    const block = blocks[at] ?? 0;
    if (block >= reader.blocks) return false;
    reader.read(bytes, block);
    writeKey(bytes, key, 0);
    if (key[0] !== keys[2 * at] || key[1] !== keys[2 * at + 1]) return false;
  }
  return true;
}
