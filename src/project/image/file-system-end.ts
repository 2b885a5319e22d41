interface FileSystem {
  endBytes: number;
  /** It begins with a boot sector of its own, which ends as that of a partition table does. */
  isBootSector: boolean;
}

interface Kind {
  at: number;
  bytes: string;
  isBootSector?: true;
  /** Where it ends, by what its head says of itself. */
  end: (head: Buffer) => number;
}

const SUPERBLOCK = 1024;
const BTRFS = 0x1_0000;
/** ext4 counts its blocks with 64 bits. */
const EXT_64BIT = 0x80;

const KINDS: readonly Kind[] = [
  { at: 3, bytes: 'NTFS    ', isBootSector: true, end: (head) => big(head, 0x28, 'LE') * head.readUInt16LE(0x0b) },
  { at: 3, bytes: 'EXFAT   ', isBootSector: true, end: (head) => big(head, 0x48, 'LE') * 2 ** head.readUInt8(0x6c) },
  { at: 82, bytes: 'FAT32   ', isBootSector: true, end: fatEnd },
  { at: 54, bytes: 'FAT16   ', isBootSector: true, end: fatEnd },
  { at: 54, bytes: 'FAT12   ', isBootSector: true, end: fatEnd },
  { at: SUPERBLOCK + 0x38, bytes: '\u0053\u00ef', end: extEnd },
  { at: 0, bytes: 'XFSB', end: (head) => big(head, 8, 'BE') * head.readUInt32BE(4) },
  { at: BTRFS + 0x40, bytes: '_BHRfS_M', end: (head) => big(head, BTRFS + 0xd1, 'LE') },
  { at: 0, bytes: 'hsqs', end: (head) => big(head, 40, 'LE') },
];

/** The file system that a disk begins with, where it is one of those we know: the usual ones of disks without partitions. */
export function endOfFileSystem(head: Buffer): FileSystem | undefined {
  const text = head.toString('latin1');
  const kind = KINDS.find(({ at, bytes }) => text.startsWith(bytes, at));
  if (!kind || head.length < kind.at + SUPERBLOCK / 2) return undefined;
  return { endBytes: kind.end(head), isBootSector: kind.isBootSector === true };
}

function fatEnd(head: Buffer): number {
  return (head.readUInt16LE(19) || head.readUInt32LE(32)) * head.readUInt16LE(11);
}

function extEnd(head: Buffer): number {
  const low = head.readUInt32LE(SUPERBLOCK + 4);
  const has64 = (head.readUInt32LE(SUPERBLOCK + 0x60) & EXT_64BIT) !== 0;
  const high = has64 ? head.readUInt32LE(SUPERBLOCK + 0x150) : 0;
  return (high * 2 ** 32 + low) * 2 ** (10 + Math.min(6, head.readUInt32LE(SUPERBLOCK + 0x18)));
}

function big(head: Buffer, at: number, order: 'LE' | 'BE'): number {
  return Number(order === 'LE' ? head.readBigUInt64LE(at) : head.readBigUInt64BE(at));
}
