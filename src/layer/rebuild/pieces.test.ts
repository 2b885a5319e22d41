import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from '../../../test/fakes/plain-layer.ts';
import { hasProgram } from '../../sys/programs/exec.ts';
import { PIECE } from '../format.ts';
import { damagedPieces, hashPieces } from './pieces.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

test('the piece list is the SHA-256 of each MiB, holes and the short last one too', { skip }, async (t) => {
  const path = join(makeFolder(t), 'file');
  const bytes = Buffer.concat([Buffer.alloc(PIECE, 1), Buffer.alloc(3 * PIECE), Buffer.alloc(65_536)]);
  writeFileSync(path, bytes.subarray(0, PIECE));
  truncateSync(path, bytes.length);
  const wanted = [0, 1, 2, 3, 4].map((piece) =>
    hash('sha256', bytes.subarray(piece * PIECE, (piece + 1) * PIECE), 'buffer'),
  );

  assert.ok((await hashPieces(path)).equals(Buffer.concat(wanted)));
  assert.ok((await hashPieces(path, { workers: 2 })).equals(Buffer.concat(wanted)));
});

test('damaged and missing pieces are named', { skip }, async (t) => {
  const path = join(makeFolder(t), 'file');
  const bytes = Buffer.alloc(4 * PIECE, 7);
  writeFileSync(path, bytes);
  const pieces = await hashPieces(path);
  bytes[2 * PIECE + 5] = 8;
  writeFileSync(path, bytes.subarray(0, 3 * PIECE));

  assert.deepEqual(await damagedPieces(path, pieces), [2, 3]);
});
