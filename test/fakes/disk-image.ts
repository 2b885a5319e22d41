import { randomBytes } from 'node:crypto';

const SECTOR = 512;
const TYPES = {
  efiSystem: '28732ac11ff8d211ba4b00a0c93ec93b',
  biosBoot: '4861682149646f6e744e656564454649',
  linux: 'af3dc60f838472478e793d69d8477de4',
};

/** A disk of noise with a boot sector, as firmware would start it. */
export function bootableNoise(bytes: number): Buffer {
  const disk = randomBytes(bytes);
  // Noise is to have no partitions, nor any other mark that is looked for.
  disk.fill(0, 0, Math.min(bytes, 4096));
  disk.writeUInt8(0xeb, 0);
  disk.writeUInt16LE(0xaa55, SECTOR - 2);
  return disk;
}

export interface Partition {
  type: number;
  firstSector: number;
  sectors: number;
}

/** A disk with a partition table of the old kind, and with code in its first sector where it is `bootable`. */
export function mbrDisk(sectors: number, partitions: readonly Partition[], bootable = true): Buffer {
  const disk = Buffer.alloc(sectors * SECTOR);
  if (bootable) disk.writeUInt8(0xeb, 0);
  disk.writeUInt16LE(0xaa55, SECTOR - 2);
  partitions.forEach(({ type, firstSector, sectors: count }, index) => {
    const at = 446 + 16 * index;
    disk.writeUInt8(type, at + 4);
    disk.writeUInt32LE(firstSector, at + 8);
    disk.writeUInt32LE(count, at + 12);
  });
  return disk;
}

/** A disk with a GUID partition table, one partition of each kind given. */
export function gptDisk(sectors: number, kinds: readonly (keyof typeof TYPES)[]): Buffer {
  const disk = mbrDisk(sectors, [{ type: 0xee, firstSector: 1, sectors: 0xffff_ffff - 1 }], false);
  disk.write('EFI PART', SECTOR, 'latin1');
  disk.writeBigUInt64LE(1n, SECTOR + 24);
  disk.writeBigUInt64LE(BigInt(sectors - 1), SECTOR + 32);
  disk.writeBigUInt64LE(2n, SECTOR + 72);
  disk.writeUInt32LE(128, SECTOR + 80);
  disk.writeUInt32LE(128, SECTOR + 84);
  kinds.forEach((kind, index) => {
    const at = 2 * SECTOR + 128 * index;
    disk.write(TYPES[kind], at, 'hex');
    disk.writeBigUInt64LE(BigInt(40 + 8 * index), at + 32);
    disk.writeBigUInt64LE(BigInt(47 + 8 * index), at + 40);
  });
  return disk;
}
