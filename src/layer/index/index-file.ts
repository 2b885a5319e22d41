import { createHash, hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AppError } from '../../lib/errors.ts';
import { BlockFile } from '../../sys/files/bulk/blocks.ts';
import { isThere } from '../../sys/files/files.ts';
import { type Chain, ChainReader } from '../chain/chain.ts';
import { BLOCK } from '../format.ts';
import { type AnchorTable, anchorTable } from './anchors.ts';
import { ENTRY_BYTES, type EntrySource, entriesIn, entryWriter } from './entries.ts';
import { type BaseKeys, baseKeys, DamagedIndex, keyEntries, NO_KEYS, PAGE, type Pages } from './key-pages.ts';
import { keyOf } from './keys.ts';

/** What blocks of a base are found by: their keys, and the anchors in them (layer §5). */
export interface BaseIndex extends Disposable {
  anchorBits: number;
  keys: BaseKeys;
  /** @throws DamagedIndex */
  anchors(): AnchorTable;
  /** All entries in ascending order, each to be read once: key and block, block and anchor. What they give throws DamagedIndex. */
  keyEntries(): EntrySource;
  anchorEntries(): EntrySource;
}

const MAGIC = Buffer.from('LAZINDX2', 'latin1');
const HEAD = 96;
const SAMPLES = 64;

/** The index of an empty base. */
export const NO_INDEX: BaseIndex = {
  anchorBits: 0,
  keys: NO_KEYS,
  anchors: () => anchorTable(0),
  keyEntries: () => NO_ENTRIES,
  anchorEntries: () => NO_ENTRIES,
  [Symbol.dispose]: () => undefined,
};
const NO_ENTRIES: EntrySource = { high: 0, low: 0, next: () => false };

/** Tells bases apart without reading them: their size and where their bytes lie. */
function layoutOf(base: Chain): Buffer {
  const layout = createHash('sha256');
  layout.update(`${base.virtualBytes}\n`);
  for (const { start, length, depth, offset } of base.extents)
    layout.update(`${start} ${length} ${depth} ${offset ?? '-'}\n`);
  return layout.digest();
}

/** What goes into an index. */
export interface Indexed {
  anchorBits: number;
  /** Key and block. */
  keys: EntrySource;
  /** Block and anchor. */
  anchors: EntrySource;
}

/** Writes an index (layer §5.5) to a file that must not exist. @throws DISK_FULL */
export function writeIndex(path: string, { anchorBits, keys, anchors }: Indexed, base: Chain): void {
  using file = new BlockFile(path, 'create');
  const firsts: number[] = [];
  const sums: number[] = [];
  const keyWriter = entryWriter(file, HEAD, (bytes) => {
    for (let at = 0; at < bytes.length; at += PAGE) {
      const page = bytes.subarray(at, at + PAGE);
      firsts.push(page.readUInt32LE(4));
      sums.push(crc32(page));
    }
  });
  while (keys.next()) keyWriter.add(keys.high, keys.low);
  const keysEnd = keyWriter.end();
  const pages = new Uint8Array(Uint32Array.from([...firsts, ...sums]).buffer);
  file.write(pages, keysEnd);
  let anchorSum = 0;
  const anchorWriter = entryWriter(file, keysEnd + pages.length, (bytes) => {
    anchorSum = crc32(bytes, anchorSum);
  });
  while (anchors.next()) anchorWriter.add(anchors.high, anchors.low);
  const end = anchorWriter.end();

  const head = Buffer.alloc(HEAD);
  MAGIC.copy(head);
  head.writeUInt32LE(anchorBits, 8);
  head.writeUInt32LE((keysEnd - HEAD) / ENTRY_BYTES, 12);
  head.writeUInt32LE((end - keysEnd - pages.length) / ENTRY_BYTES, 16);
  head.writeUInt32LE(anchorSum, 20);
  layoutOf(base).copy(head, 32);
  hash('sha256', pages, 'buffer').copy(head, 64);
  file.write(head, 0);
}

/**
 * Opens the index of a base. Its entries stay in the file, and are checked as they are read.
 * Returns undefined when there is no index, or one that is damaged or not of this base: then another is made.
 */
export async function openIndex(path: string, base: Chain): Promise<BaseIndex | undefined> {
  if (!(await isThere(path))) return undefined;
  const file = new BlockFile(path, 'read');
  try {
    const index = readIndex(file, base);
    if (index) return index;
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'LAYER_INVALID')) throw error;
  }
  file[Symbol.dispose]();
  return undefined;
}

function readIndex(file: BlockFile, base: Chain): BaseIndex | undefined {
  const { size } = file;
  if (size < HEAD) return undefined;
  const head = Buffer.alloc(HEAD);
  file.read(head, 0);
  if (!head.subarray(0, 8).equals(MAGIC) || !head.subarray(32, 64).equals(layoutOf(base))) return undefined;
  const anchorBits = head.readUInt32LE(8);
  const count = head.readUInt32LE(12);
  const anchorCount = head.readUInt32LE(16);
  const sum = head.readUInt32LE(20);
  const pageCount = Math.ceil((count * ENTRY_BYTES) / PAGE);
  const keysEnd = HEAD + count * ENTRY_BYTES;
  const anchorsAt = keysEnd + 8 * pageCount;
  if (size !== anchorsAt + anchorCount * ENTRY_BYTES) return undefined;
  const pageBytes = Buffer.allocUnsafeSlow(8 * pageCount);
  file.read(pageBytes, keysEnd);
  if (!head.subarray(64).equals(hash('sha256', pageBytes, 'buffer'))) return undefined;

  const words = new Uint32Array(pageBytes.buffer, 0, 2 * pageCount);
  const [firsts, sums] = [words.subarray(0, pageCount), words.subarray(pageCount)];
  const pages: Pages = { file, at: HEAD, count, firsts, sums };
  if (!fits(pages, base)) return undefined;
  return {
    anchorBits,
    keys: baseKeys(pages),
    anchors: () => tableOf(anchorEntries(file, anchorsAt, anchorCount, sum), anchorCount),
    keyEntries: () => keyEntries(pages),
    anchorEntries: () => anchorEntries(file, anchorsAt, anchorCount, sum),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** All anchors in the file. What it gives throws DamagedIndex. */
function anchorEntries(file: BlockFile, at: number, count: number, sum: number): EntrySource {
  let found = 0;
  return entriesIn(file, at, count, (bytes, place) => {
    found = crc32(bytes, found);
    if (place + bytes.length === count * ENTRY_BYTES && found !== sum) throw new DamagedIndex();
  });
}

function tableOf(entries: EntrySource, count: number): AnchorTable {
  const anchors = anchorTable(count);
  while (entries.next()) anchors.add(entries.low, entries.high);
  return anchors;
}

/** Some blocks, spread evenly over the keys, must still have the keys they had: tells another base of the same layout. */
function fits({ file, at, count }: Pages, base: Chain): boolean {
  using reader = new ChainReader(base);
  const bytes = Buffer.allocUnsafeSlow(BLOCK);
  const entry = Buffer.alloc(ENTRY_BYTES);
  const step = Math.max(1, Math.floor(count / SAMPLES));
  for (let number = 0; number < count; number += step) {
    file.read(entry, at + number * ENTRY_BYTES);
    const block = entry.readUInt32LE(0);
    if (block >= reader.blocks) return false;
    reader.read(bytes, block);
    if (keyOf(bytes) !== entry.readUInt32LE(4)) return false;
  }
  return true;
}
