import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { describePlain, plainBase, rebuildPlain, sampleBlock } from '../../test/fakes/plain-layer.ts';
import { AppError } from '../lib/errors.ts';
import { VarintReader, VarintWriter } from '../lib/varint.ts';
import { readBlob } from './blob.ts';
import { BLOCK, HASH_BYTES, HEAD_BYTES, piecesOf } from './format.ts';
import { compress, decompress } from './zstd.ts';

/*
 * The sample: a cluster of qcow2’s tables, one of zeros, one the base has at the same place, one it has elsewhere,
 * 704 new blocks in eleven frames in all, and a cluster of new blocks once more.
 */
const BASE_BLOCKS = 64;
const NEW = 704;
const folder = mkdtempSync(join(tmpdir(), 'lazaret-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const baseBytes = Buffer.concat(Array.from({ length: BASE_BLOCKS }, (_, at) => sampleBlock(1 + at)));
const base = plainBase(join(folder, 'base'), baseBytes);
const fresh = Array.from({ length: NEW }, (_, at) => sampleBlock(100 + at));
const layer = Buffer.concat([
  ...fresh.slice(0, 16),
  Buffer.alloc(16 * BLOCK),
  baseBytes.subarray(16 * BLOCK, 32 * BLOCK),
  baseBytes.subarray(40 * BLOCK, 56 * BLOCK),
  ...fresh.slice(16),
  ...fresh.slice(20, 36),
]);
const guest = [-1, -1, 1, 3, ...Array.from({ length: 44 }, (_, at) => 4 + at)];
const { blob, described } = await describePlain({ folder, base, layer, guest, mode: 'small' });

/** A blob in its parts. Lengths in the head follow the parts unless `head` sets them. */
interface Parts {
  records: number[];
  table: number[];
  pieces: Buffer;
  frames: Buffer;
  /** Raw bytes put in the place of the encoded records. */
  rawRecords?: number[];
  head?: (head: Buffer) => void;
}

const map = decompress(
  blob.subarray(HEAD_BYTES, HEAD_BYTES + blob.readUInt32LE(44)),
  blob.readUInt32LE(36) + blob.readUInt32LE(40),
);
const framesAt = HEAD_BYTES + blob.readUInt32LE(44) + HASH_BYTES * piecesOf(layer.length);
const good: Parts = {
  records: numbersOf(map.subarray(0, blob.readUInt32LE(36))),
  table: numbersOf(map.subarray(blob.readUInt32LE(36))),
  pieces: blob.subarray(HEAD_BYTES + blob.readUInt32LE(44), framesAt),
  frames: blob.subarray(framesAt),
};

function numbersOf(bytes: Uint8Array): number[] {
  const reader = new VarintReader(bytes);
  const numbers: number[] = [];
  while (!reader.atEnd) numbers.push(reader.read());
  return numbers;
}

function encode(numbers: readonly number[]): Uint8Array {
  const writer = new VarintWriter();
  for (const value of numbers) writer.write(value);
  return writer.bytes;
}

function assemble(parts: Parts): Buffer {
  const records = parts.rawRecords ? Uint8Array.from(parts.rawRecords) : encode(parts.records);
  const table = encode(parts.table);
  const packed = compress(Buffer.concat([records, table]), 3);
  const head = Buffer.from(blob.subarray(0, HEAD_BYTES));
  head.writeUInt32LE(records.length, 36);
  head.writeUInt32LE(table.length, 40);
  head.writeUInt32LE(packed.length, 44);
  parts.head?.(head);
  return Buffer.concat([head, packed, parts.pieces, parts.frames]);
}

/** What comes of opening a blob as if it were the signed one: a code, or whether the layer came out. */
async function outcome(bytes: Buffer): Promise<string> {
  try {
    const rebuilt = await rebuildPlain(folder, bytes, { base, described });
    return hash('sha256', rebuilt) === described.layer.sha256 ? 'the layer' : 'LAYER_HASH';
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  } finally {
    // Nothing but the one file was written.
    assert.ok(readFileSync(join(folder, 'base')).equals(baseBytes));
    assert.deepEqual(
      readdirSync(folder).filter((name) => !['base', 'layer', 'blob', 'received', 'rebuilt'].includes(name)),
      [],
    );
  }
}

const records = [3, 16, 0, 16, 5, 31, 1, 16, 2, 16, 80, 3, 688, 4, 16, 20];

test('the sample is what the cases think it is, and good', async () => {
  assert.deepEqual(good.records, records);
  assert.equal(await outcome(assemble(good)), 'the layer');
});

type Case = [title: string, change: Partial<Parts>, code?: string];

/** The records with the number at `at` replaced. */
function withRecord(at: number, ...value: number[]): Partial<Parts> {
  return { records: records.toSpliced(at, 1, ...value) };
}

function withTable(at: number, ...value: number[]): Partial<Parts> {
  return { table: good.table.toSpliced(at, 1, ...value) };
}

function withHead(title: string, change: (head: Buffer) => void, code?: string): Case {
  return [title, { head: change }, code ?? 'LAYER_INVALID'];
}

/** Places of the packed lengths in the frame table. */
const starts: number[] = [];
for (let at = 0; at < good.table.length; ) {
  starts.push(at);
  const ownAt = at + 2 + 2 * (good.table[at + 1] ?? 0);
  at = ownAt + 1 + 2 * (good.table[ownAt] ?? 0);
}
const lastFrame = starts.at(-1) ?? 0;
const lastPacked = good.table[lastFrame] ?? 0;
/** The table with other dictionaries for a frame: base runs, then own runs, as they stand in the table. */
function withDictionary(frame: number, baseRuns: number[], ownRuns: number[]): Partial<Parts> {
  const at = starts[frame] ?? 0;
  const end = starts[frame + 1] ?? good.table.length;
  const entry = [good.table[at] ?? 0, baseRuns.length / 2, ...baseRuns, ownRuns.length / 2, ...ownRuns];
  return { table: good.table.toSpliced(at, end - at, ...entry) };
}

const cases: Case[] = [
  // Records
  ...[6, 7, 127, 128, 2 ** 40].map((tag): Case => [`a record with tag ${tag}`, withRecord(2, tag)]),
  ...[1, 3, 7, 9, 12, 14].flatMap((at): Case[] => [
    [`no blocks in the record of number ${at}`, withRecord(at, 0)],
    [`one block more in the record of number ${at}`, withRecord(at, (records[at] ?? 0) + 1)],
    [`one block less in the record of number ${at}`, withRecord(at, (records[at] ?? 0) - 1)],
    [`2^53 − 1 blocks in the record of number ${at}`, withRecord(at, Number.MAX_SAFE_INTEGER)],
  ]),
  ['same blocks beyond the base', withRecord(5, 2 * 17)],
  ['same blocks by one beyond the base', withRecord(5, 2 * (BASE_BLOCKS - 16 - 32 + 1))],
  ['a place before the disk', withRecord(5, 2 * 33 - 1)],
  ['a place far beyond the disk', withRecord(5, 2 ** 52)],
  ['two jumps in a row', withRecord(4, 5, 0, 5)],
  ['a jump at the end', { records: [...records, 5, 0] }],
  ['moved blocks by one beyond the base', withRecord(10, 2 * (BASE_BLOCKS - 16 + 1))],
  ['moved blocks before the base', withRecord(10, 1)],
  ['moved blocks far away', withRecord(10, 2 ** 52)],
  ['a reference to a new block that comes later', withRecord(15, NEW - 16 + 1)],
  ['a repeat before anything was met', { records: [4, 1, 0, ...records.toSpliced(1, 1, 15)] }],
  ['one record more', { records: [...records, 0, 1] }],
  ['an empty record more', { records: [...records, 0, 0] }],
  ['one record less', { records: records.slice(0, -3) }],
  ['a record without its count', { records: records.slice(0, -2) }],
  ['a repeat without its place', { records: records.slice(0, -1) }],
  ['no records', { records: [] }],
  ['a number longer than needed', { rawRecords: [3, 0x90, 0x00, ...encode(records.slice(2))] }],
  ['a number of nine bytes', { rawRecords: [3, 0x90, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1] }],
  ['a number that is cut', { rawRecords: [...encode(records), 0x80] }],
  // Frame table
  ['a frame without bytes', withTable(0, 0)],
  ['a frame larger than any', withTable(0, 262_144 + 2048 + 512 + 1)],
  ['a frame of 2^53 − 1 bytes', withTable(0, Number.MAX_SAFE_INTEGER)],
  ['a last frame beyond the end', withTable(lastFrame, lastPacked + 1)],
  ['a byte after the last frame', withTable(lastFrame, lastPacked - 1)],
  ['one frame less', { table: good.table.slice(0, lastFrame) }],
  ['two frames for one block: one more than there are blocks for', { table: [...good.table, 1, 0, 0] }],
  ['a number after the frame table', { table: [...good.table, 0] }],
  ['a frame without its dictionary', { table: good.table.slice(0, lastFrame + 1) }],
  ['a dictionary run of no blocks', withDictionary(0, [0, 0], [])],
  ['two dictionary runs that are one', withDictionary(0, [0, 1, 0, 1], [])],
  ['a dictionary by one beyond the base', withDictionary(0, [BASE_BLOCKS - 1, 2], [])],
  ['a dictionary block beyond the base', withDictionary(0, [BASE_BLOCKS, 1], [])],
  ['a dictionary block far beyond the base', withDictionary(0, [Number.MAX_SAFE_INTEGER, 1], [])],
  ['a dictionary run of 2^53 − 1 blocks', withDictionary(0, [1, Number.MAX_SAFE_INTEGER], [])],
  ['own blocks in the first frame’s dictionary', withDictionary(0, [], [0, 1])],
  ['own blocks in the ninth frame’s dictionary', withDictionary(8, [], [0, 1])],
  ['a reference to blocks of a frame that comes too late for it', withDictionary(9, [], [64, 1])],
  ['own blocks reaching into the frame eight lower', withDictionary(10, [], [127, 2])],
  ['more runs than a dictionary may have', withDictionary(0, Array(514).fill(1), [])],
  ['a dictionary larger than its cap', withDictionary(10, [0, 64], [0, 128, 1, 65])],
  // Head
  withHead('another magic', (head) => head.write('LAZBLOB2')),
  ...[0, 1, 4096, 262_143, 262_145, 524_288, 1_048_577, 2 ** 31].map((bytes) =>
    withHead(`frames of ${bytes} bytes`, (head) => head.writeUInt32LE(bytes, 8)),
  ),
  withHead('frames of the other size', (head) => head.writeUInt32LE(1_048_576, 8)),
  ...[1, 255, 257, 1023, 1025, 2 ** 32 - 1].map((cap) =>
    withHead(`dictionaries of ${cap} blocks`, (head) => head.writeUInt32LE(cap, 12)),
  ),
  ...[-65_536, -1, 1, 65_536, 2 ** 40].map((more) =>
    withHead(`a layer longer by ${more}`, (head) => head.writeBigUInt64LE(BigInt(layer.length + more), 16)),
  ),
  withHead('a layer of 2^64 − 1 bytes', (head) => head.writeBigUInt64LE(2n ** 64n - 1n, 16)),
  ...[-512, -1, 1, 512].map((more) =>
    withHead(`a base longer by ${more}`, (head) => head.writeBigUInt64LE(BigInt(baseBytes.length + more), 24)),
  ),
  withHead('no base', (head) => head.writeBigUInt64LE(0n, 24)),
  ...[-NEW, -64, -1, 1, 64, 2 ** 32 - 1 - NEW].map((more) =>
    withHead(`${more} new blocks more`, (head) => head.writeUInt32LE(NEW + more, 32)),
  ),
  ...[36, 40].flatMap((at) =>
    [-1, 1].map((more) =>
      withHead(`${more} bytes at ${at}`, (head) => head.writeUInt32LE(head.readUInt32LE(at) + more, at)),
    ),
  ),
  ...[36, 40].map((at) =>
    withHead(`a block map of 4 GiB at ${at}`, (head) => head.writeUInt32LE(2 ** 32 - 1, at), 'LAYER_TOO_LARGE'),
  ),
  withHead('a frame table that begins early', (head) => {
    head.writeUInt32LE(head.readUInt32LE(36) - 1, 36);
    head.writeUInt32LE(head.readUInt32LE(40) + 1, 40);
  }),
  withHead('no packed map', (head) => head.writeUInt32LE(0, 44)),
  withHead('a packed map of 64 MiB and one', (head) => head.writeUInt32LE((64 << 20) + 1, 44), 'LAYER_TOO_LARGE'),
  withHead('a packed map beyond the end', (head) => head.writeUInt32LE(1 << 20, 44), 'LAYER_TRUNCATED'),
  withHead('a packed map longer by one', (head) => head.writeUInt32LE(head.readUInt32LE(44) + 1, 44), 'LAYER_HASH'),
  withHead('a packed map shorter by one', (head) => head.writeUInt32LE(head.readUInt32LE(44) - 1, 44)),
  ...Array.from({ length: 16 }, (_, at) => withHead(`reserved byte ${at} set`, (head) => head.writeUInt8(1, 48 + at))),
  // Piece list and frames
  ['another piece list', { pieces: Buffer.alloc(good.pieces.length) }, 'LAYER_HASH'],
  ['a byte less', { frames: good.frames.subarray(0, -1) }],
  ['a byte more', { frames: Buffer.concat([good.frames, Buffer.alloc(1)]) }],
  ['frames that are no frames', { frames: Buffer.alloc(good.frames.length) }],
  ...[0, 1, 4096, 262_144 - 1, 262_144 + 1, 2 << 20].map((bytes): Case => {
    const packed = compress(Buffer.alloc(bytes), 3);
    const frames = Buffer.concat([packed, good.frames.subarray(good.table[0] ?? 0)]);
    return [`a frame of ${bytes} bytes unpacked`, { ...withTable(0, packed.length), frames }];
  }),
  (() => {
    const first = good.frames.subarray(0, good.table[0] ?? 0);
    const more = compress(Buffer.alloc(4096), 3);
    const frames = Buffer.concat([first, more, good.frames.subarray(first.length)]);
    return [
      'two frames for one block: another behind the first',
      { ...withTable(0, first.length + more.length), frames },
    ];
  })(),
];

test('a frame that inflates without end is stopped at the length it should have', async () => {
  const packed = compress(Buffer.alloc(512 << 20), 3);
  const frames = Buffer.concat([packed, good.frames.subarray(good.table[0] ?? 0)]);
  assert.ok(packed.length < 262_144, 'it is no larger than a frame may be');
  const bomb = assemble({ ...good, ...withTable(0, packed.length), frames });
  const before = process.resourceUsage().maxRSS;

  assert.equal(await outcome(bomb), 'LAYER_INVALID');
  assert.ok(process.resourceUsage().maxRSS - before < 64 << 10, 'KiB of memory');
});

test('a base that is not the one named, though of the same size, is noticed', async () => {
  const other = Buffer.from(baseBytes);
  other.write('other', 17 * BLOCK);
  const rebuilt = await rebuildPlain(folder, blob, { base: plainBase(join(folder, 'base'), other), described });
  plainBase(join(folder, 'base'), baseBytes);

  assert.notEqual(hash('sha256', rebuilt), described.layer.sha256);
});

for (const [title, change, code = 'LAYER_INVALID'] of cases) {
  test(`${title} is refused with ${code}`, async () => {
    assert.equal(await outcome(assemble({ ...good, ...change })), code);
  });
}

test('a dictionary where none is allowed is refused', async () => {
  const parts = { ...good, ...withDictionary(0, [0, 1], []), head: (head: Buffer) => head.writeUInt32LE(0, 12) };

  assert.equal(await outcome(assemble(parts)), 'LAYER_INVALID');
});

test('a layer larger than its disk allows is refused', async () => {
  const large = { ...described, layer: { ...described.layer, bytes: 17 << 20, virtualBytes: 512 } };

  await assert.rejects(rebuildPlain(folder, blob, { base, described: large }), { code: 'LAYER_TOO_LARGE' });
});

test('a blob cut anywhere is refused', async () => {
  const lengths = Array.from({ length: blob.length }, (_, length) => length).filter(
    (at) => at < framesAt || at % 101 === 0,
  );
  const codes = new Set<string>();
  for (const length of lengths) codes.add(await outcome(blob.subarray(0, length)));

  assert.ok(lengths.length > 100);
  assert.deepEqual([...codes].sort(), ['LAYER_INVALID', 'LAYER_TRUNCATED']);
});

test('a blob of another length than the signed one is refused', () => {
  const path = join(folder, 'received');
  const expected = { ...described.layer, blob: described.blob };
  writeFileSync(path, blob.subarray(0, -1));
  assert.throws(() => readBlob(path, expected, base.virtualBytes), { code: 'LAYER_TRUNCATED' });
  writeFileSync(path, Buffer.concat([blob, Buffer.alloc(1)]));
  assert.throws(() => readBlob(path, expected, base.virtualBytes), { code: 'LAYER_INVALID' });
});

test('whatever bits are changed, there is a code or the layer, and nothing else', async () => {
  const changes = fc.array(fc.record({ at: fc.nat(blob.length - 1), bit: fc.nat(7) }), { minLength: 1, maxLength: 4 });
  const near = fc.array(fc.record({ at: fc.nat(framesAt - 1), bit: fc.nat(7) }), { minLength: 1, maxLength: 2 });
  await fc.assert(
    fc.asyncProperty(fc.oneof(changes, near), async (flips) => {
      const bytes = Buffer.from(blob);
      for (const { at, bit } of flips) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);

      assert.match(await outcome(bytes), /^(LAYER_(INVALID|HASH|TRUNCATED|TOO_LARGE)|the layer)$/);
    }),
    { numRuns: 150 },
  );
});
