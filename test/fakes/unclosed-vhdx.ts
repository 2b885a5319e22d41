import assert from 'node:assert/strict';

const KIB = 1024;
const SECTOR = 4 * KIB;
const HEADERS = [64 * KIB, 128 * KIB];
const LOG_GUID = Buffer.from('9b2f6f0e5a6c4d3e8f7a1b2c3d4e5f60', 'hex');
const CASTAGNOLI = 0x82f63b78;

/**
 * A VHDX as it lies there when the computer lost its power after a write to its own tables went to its log, and before it went to its place
 * (MS-VHDX 2.3): the sector there is as nothing was written to it, and a program that opens the file has to write it from the log. `last`
 * is how long the log says that the file is.
 */
export function unclosedVhdx(whole: Buffer, at: number, last = whole.length): Buffer {
  assert.equal(at % SECTOR, 0);
  const image = Buffer.from(whole);
  const header = HEADERS.map((place) => image.subarray(place, place + SECTOR)).toSorted((a, b) =>
    Number(b.readBigUInt64LE(8) - a.readBigUInt64LE(8)),
  )[0];
  assert.ok(header);
  LOG_GUID.copy(header, 48);
  sum(header, 4);
  const log = Number(header.readBigUInt64LE(72));
  entry(image.subarray(at, at + SECTOR), at, whole.length, last).copy(image, log);
  image.fill(0, at, at + SECTOR);
  return image;
}

/** One entry of the log: which sector goes where. */
function entry(sector: Buffer, at: number, flushed: number, last: number): Buffer {
  const made = Buffer.alloc(2 * SECTOR);
  made.write('loge', 0, 'latin1');
  made.writeUInt32LE(made.length, 8);
  made.writeBigUInt64LE(1n, 16);
  made.writeUInt32LE(1, 24);
  LOG_GUID.copy(made, 32);
  made.writeBigUInt64LE(BigInt(flushed), 48);
  made.writeBigUInt64LE(BigInt(last), 56);
  // Its one descriptor has the ends of the sector, whose place the marks of the log take.
  made.write('desc', 64, 'latin1');
  sector.copy(made, 68, SECTOR - 4);
  sector.copy(made, 72, 0, 8);
  made.writeBigUInt64LE(BigInt(at), 80);
  made.writeBigUInt64LE(1n, 88);
  made.write('data', SECTOR, 'latin1');
  sector.copy(made, SECTOR + 8, 8, SECTOR - 4);
  made.writeUInt32LE(1, 2 * SECTOR - 4);
  sum(made, 4);
  return made;
}

/** CRC-32C of all of it, in which it counts as nothing itself. */
function sum(bytes: Buffer, at: number): void {
  bytes.writeUInt32LE(0, at);
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? CASTAGNOLI : 0);
  }
  bytes.writeUInt32LE(~crc >>> 0, at);
}
