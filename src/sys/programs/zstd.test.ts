import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { test } from 'node:test';
import { PACKING, startZstd, UNPACKING } from './zstd.ts';

const { signal } = new AbortController();

test('a full disk has its code', async () => {
  await using full = await open('/dev/full', 'w');
  await using zstd = startZstd(PACKING, { from: 'pipe', to: full.fd, signal });
  zstd.input?.end('some bytes');
  await assert.rejects(zstd.ended, { code: 'DISK_FULL' });
});

test('what is not packed says so in its own words', async () => {
  await using zstd = startZstd(UNPACKING, { from: 'pipe', to: 'pipe', signal });
  zstd.input?.end('some bytes');
  await assert.rejects(zstd.ended, { code: 'PROGRAM_FAILED', message: /unsupported format/ });
});
