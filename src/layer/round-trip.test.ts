import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { describePlain, makeFolder, plainBase, rebuildPlain, sampleBlock } from '../../test/fakes/plain-layer.ts';
import { BLOCK, CLUSTER } from './format.ts';
import { MODES } from './modes.ts';

const PER_CLUSTER = CLUSTER / BLOCK;
const seed = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(30), fc.integer({ min: 1000, max: 1030 }));
/** A block by its seed, and what to change in it. */
const block = fc.record({ seed, change: fc.option(fc.nat(BLOCK - 1), { freq: 3 }) });
type Sample = typeof block extends fc.Arbitrary<infer T> ? T : never;

const sample = fc.record({
  base: fc.array(seed, { maxLength: 80 }),
  cut: fc.nat(7),
  clusters: fc.array(
    fc.record({
      guest: fc.integer({ min: -1, max: 5 }),
      blocks: fc.array(block, { minLength: PER_CLUSTER, maxLength: PER_CLUSTER }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  mode: fc.constantFrom(...MODES),
});

function bytesOf({ seed, change }: Sample): Buffer {
  const bytes = Buffer.from(sampleBlock(seed));
  if (change !== null) bytes[change] = (bytes[change] ?? 0) ^ 0xff;
  return bytes;
}

test('any layer on any base comes back byte for byte', async (t) => {
  const folder = makeFolder(t);
  await fc.assert(
    fc.asyncProperty(sample, async ({ base: seeds, cut, clusters, mode }) => {
      const whole = Buffer.concat(seeds.map(sampleBlock));
      const base = plainBase(join(folder, 'base'), whole.subarray(0, Math.max(0, whole.length - cut * 512)));
      const layer = Buffer.concat(clusters.flatMap(({ blocks }) => blocks.map(bytesOf)));
      const guest = clusters.map(({ guest }) => guest);

      const { blob, described } = await describePlain({ folder, base, layer, guest, mode });
      const rebuilt = await rebuildPlain(folder, blob, { base, described });

      assert.ok(rebuilt.equals(layer));
    }),
    { numRuns: 60 },
  );
});

/** Twelve frames: the later ones find text of the base and of the earlier ones, a few bytes changed. */
function longLayer(): { base: Buffer; layer: Buffer } {
  const base = Buffer.concat(Array.from({ length: 200 }, (_, index) => sampleBlock(2000 + index)));
  const blocks = Array.from({ length: 800 }, (_, index) => {
    const bytes = Buffer.from(sampleBlock(index < 100 ? 2000 + index : 3000 + (index % 640)));
    bytes.writeUInt32LE(index, 2000);
    return bytes;
  });
  return { base: Buffer.concat([base]), layer: Buffer.concat(blocks) };
}

test('dictionaries of base and own blocks make changed copies nearly free', async (t) => {
  const folder = makeFolder(t);
  const { base: bytes, layer } = longLayer();
  const base = plainBase(join(folder, 'base'), bytes);

  const fast = await describePlain({ folder, base, layer, guest: [], mode: 'fast' });
  const small = await describePlain({ folder, base, layer, guest: [], mode: 'small' });
  const rebuilt = await rebuildPlain(folder, small.blob, { base, described: small.described });

  assert.ok(rebuilt.equals(layer));
  assert.equal(fast.described.stats.new, 800);
  // 100 blocks are the base’s and 60 are earlier ones, all but four bytes.
  assert.ok(small.blob.length < fast.blob.length - 155 * BLOCK, `${small.blob.length} of ${fast.blob.length}`);
});

test('the blob is the same for 0, 1, 2 and 5 workers, and so is the layer', async (t) => {
  const folder = makeFolder(t);
  const { base: bytes, layer } = longLayer();
  const base = plainBase(join(folder, 'base'), bytes);

  const { blob, described } = await describePlain({ folder, base, layer, guest: [], mode: 'small' });

  for (const workers of [1, 2, 5]) {
    const other = await describePlain({ folder, base, layer, guest: [], mode: 'small', workers });
    assert.ok(other.blob.equals(blob), `${workers} workers give another blob`);
  }
  const rebuilt = await rebuildPlain(folder, blob, { base, described, workers: 2 });
  assert.ok(rebuilt.equals(layer));
});

test('the block map says what became of each block', async (t) => {
  const folder = makeFolder(t);
  const base = plainBase(join(folder, 'base'), Buffer.concat([...Array(32).keys()].map((n) => sampleBlock(5000 + n))));
  const cluster = (seeds: number[]) =>
    Buffer.concat(Array.from({ length: 16 }, (_, at) => sampleBlock(seeds[at] ?? 0)));
  // A table; guest cluster 1 with two blocks as they were, one of another place, one new twice, the rest zero.
  const layer = Buffer.concat([cluster([7]), cluster([5016, 5017, 5003, 6000, 6000])]);

  const { described } = await describePlain({ folder, base, layer, guest: [-1, 1], mode: 'small' });

  const { zero, same, moved, again, new: fresh } = described.stats;
  assert.deepEqual({ zero, same, moved, again, fresh }, { zero: 26, same: 2, moved: 1, again: 1, fresh: 2 });
});

test('a base that is not the right one is found out', async (t) => {
  const folder = makeFolder(t);
  const { base: bytes, layer } = longLayer();
  const base = plainBase(join(folder, 'base'), bytes);
  const { blob, described } = await describePlain({ folder, base, layer, guest: [], mode: 'small' });
  bytes.fill(1, 0, 40 * BLOCK);
  plainBase(join(folder, 'base'), bytes);

  // Either a frame cannot be unpacked or the result differs; which of the two, rebuildLayer tells by the hash.
  const rebuilt = await rebuildPlain(folder, blob, { base, described }).catch((error: unknown) => error);

  if (Buffer.isBuffer(rebuilt)) assert.ok(!rebuilt.equals(layer));
  else assert.equal(rebuilt instanceof Error && 'code' in rebuilt && rebuilt.code, 'LAYER_INVALID');
});

test('a base of another size is refused', async (t) => {
  const folder = makeFolder(t);
  const { base: bytes, layer } = longLayer();
  const base = plainBase(join(folder, 'base'), bytes);
  const { blob, described } = await describePlain({ folder, base, layer, guest: [], mode: 'fast' });
  appendFileSync(join(folder, 'base'), Buffer.alloc(512));
  const larger = { ...base, virtualBytes: base.virtualBytes + 512 };

  await assert.rejects(rebuildPlain(folder, blob, { base: larger, described }), { code: 'LAYER_INVALID' });
});
