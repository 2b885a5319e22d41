#!/bin/sh
# Node 24.11.1 (26.10 is the same): a zstd stream that compresses with workers (`ZSTD_c_nbWorkers`) ends in the middle when a write is
# so large that they do not take all of it at once. Node takes bytes that are left over, where there is room for output, for the end of
# the stream: `end` comes without an error, with little or nothing before it. `zstdCompressSync` with the same workers is whole,
# and so is the stream in smaller pieces, as long as the workers keep up.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm install --silent --no-save node@24.11.1 >/dev/null
cat >try.mjs <<'TRY'
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { constants, createZstdCompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
const bytes = randomFillSync(Buffer.alloc(64 << 20));
const whole = (packed) => {
  if (packed.length < bytes.length) return `${packed.length} bytes of 64 MiB that do not pack`;
  return zstdDecompressSync(packed).equals(bytes) ? 'whole' : 'other bytes';
};
const packed = async (workers) => {
  const out = [];
  const stream = createZstdCompress({ params: { [constants.ZSTD_c_nbWorkers]: workers } });
  stream.on('data', (chunk) => out.push(chunk));
  stream.end(bytes);
  await once(stream, 'end');
  return Buffer.concat(out);
};
console.log(`zstd ${process.versions.zstd}, Node ${process.version}`);
for (const workers of [0, 1]) console.log(`a stream, ${workers} workers: ended without an error, ${whole(await packed(workers))}`);
console.log(`at once, 1 worker: ${whole(zstdCompressSync(bytes, { params: { [constants.ZSTD_c_nbWorkers]: 1 } }))}`);
TRY
seen=$(node_modules/.bin/node try.mjs)
echo "$seen"
case $seen in *'0 workers: ended without an error, whole'*'1 workers: ended without an error, '*' bytes of 64 MiB that do not pack'*'at once, 1 worker: whole'*) ;;
*) echo 'this has changed' >&2; exit 1 ;; esac
