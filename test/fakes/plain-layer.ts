import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { readBlob } from '../../src/layer/blob.ts';
import { type Chain, NO_CHAIN } from '../../src/layer/chain/chain.ts';
import { type Described, describeBlocks } from '../../src/layer/describe/describe.ts';
import { BLOCK, CLUSTER } from '../../src/layer/format.ts';
import { indexBase } from '../../src/layer/index/base-index.ts';
import { type BaseIndex, NO_INDEX, openIndex } from '../../src/layer/index/index-file.ts';
import type { Mode } from '../../src/layer/modes.ts';
import { writeLayer } from '../../src/layer/rebuild/rebuild.ts';

export function makeFolder(t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'lazaret-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A base that is one ordinary file of these bytes, without qcow2. */
export function plainBase(path: string, bytes: Buffer): Chain {
  if (bytes.length === 0) return NO_CHAIN;
  writeFileSync(path, bytes);
  return {
    files: [path],
    virtualBytes: bytes.length,
    extents: [{ start: 0, length: bytes.length, depth: 0, offset: 0 }],
  };
}

/** A layer that is any file: `guest` says which cluster of the disk each of its clusters holds, -1 for none. */
export interface PlainLayer {
  folder: string;
  base: Chain;
  layer: Buffer;
  guest: readonly number[];
  mode: Mode;
  workers?: number;
}

export async function describePlain({ folder, base, layer, guest, mode, workers = 0 }: PlainLayer): Promise<{
  blob: Buffer;
  described: Described;
}> {
  const path = join(folder, 'layer');
  const out = join(folder, 'blob');
  writeFileSync(path, layer);
  rmSync(out, { force: true });
  const own: Chain = {
    files: [path],
    virtualBytes: layer.length,
    extents: guest.flatMap((cluster, index) =>
      cluster < 0 ? [] : [{ start: cluster * CLUSTER, length: CLUSTER, depth: 0, offset: index * CLUSTER }],
    ),
  };
  using index = await indexOf(base, folder);
  const virtualBytes = Math.max(layer.length, base.virtualBytes);
  const described = await describeBlocks({ layer: path, base, own, index, mode, virtualBytes, out, workers });
  return { blob: readFileSync(out), described };
}

async function indexOf(base: Chain, folder: string): Promise<BaseIndex> {
  if (base.virtualBytes === 0) return NO_INDEX;
  const path = join(folder, 'index');
  await indexBase(path, base, { workers: 0 });
  const index = await openIndex(path, base);
  rmSync(path);
  if (!index) throw new Error('the index cannot be used');
  return index;
}

/** What a blob makes of a base, if it is taken for the signed one; throws what rebuilding throws. */
export async function rebuildPlain(
  folder: string,
  blob: Uint8Array,
  { base, described, workers = 0 }: { base: Chain; described: Described; workers?: number },
): Promise<Buffer> {
  const path = join(folder, 'received');
  const out = join(folder, 'rebuilt');
  writeFileSync(path, blob);
  rmSync(out, { force: true });
  const plan = readBlob(
    path,
    { ...described.layer, blob: { ...described.blob, bytes: blob.length } },
    base.virtualBytes,
  );
  await writeLayer({ blob: path, base, plan, out, workers });
  return readFileSync(out);
}

/** A block whose bytes follow from a number: 0 is zeros, small numbers compress well, from 1000 on not at all. */
export function sampleBlock(seed: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  if (seed === 0) return block;
  if (seed < 1000) return Buffer.from(`line ${seed} of a file, then ${seed * 7919}\n`.repeat(200)).subarray(0, BLOCK);
  let state = seed;
  for (let at = 0; at < BLOCK; at += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    block.writeUInt32LE((state ^ (state >>> 13)) >>> 0, at);
  }
  return block;
}
