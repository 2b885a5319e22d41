import { AppError } from '../../lib/errors.ts';
import type { ImageFile } from '../../sys/image-file.ts';

const DATA_FILE = 4n;
const EXTENDED_ENTRIES = 16n;
const MAX_NAME_BYTES = 1023;
const MAX_EXTENSIONS_BYTES = 4096;
const BACKING_FORMAT = 0xe2792aca;
const MAX_L1_BYTES = 32 << 20;
const SECTOR = 512;
const OFFSET = 0x00ff_ffff_ffff_fe00n;
const COMPRESSED = 1n << 62n;
const ZERO = 1n;

interface Header {
  clusterBits: number;
  virtualBytes: number;
  l1: { at: number; entries: number };
  refcounts: { at: number; bytes: number };
  entryBytes: 8 | 16;
}

/**
 * Holds a qcow2 file to its own tables: what its disk is made of lies within it, and nothing else is named.
 * @throws DISK_CUT, DISK_INVALID (another file is named, or the tables cannot be), DISK_ENCRYPTED
 */
export async function requireWholeQcow2(file: ImageFile): Promise<void> {
  if ((await qcow2Below(file)) !== undefined)
    throw new AppError('DISK_INVALID', `${file.path} is not whole: it names a file below it. ${FLATTEN}`);
  await requireWholeLayer(file);
}

/** As `requireWholeQcow2`, for one that may name a file below it. @throws as it */
export async function requireWholeLayer(file: ImageFile): Promise<void> {
  const header = await readHeader(file);
  const { clusterBits, virtualBytes, l1, refcounts, entryBytes } = header;
  const cluster = 2 ** clusterBits;
  file.require(refcounts.at + refcounts.bytes);
  const l1Table = await file.part(l1.at, l1.entries * 8);
  const guestBytesOfL2 = (cluster / entryBytes) * cluster;
  const seen = new Set<number>();
  for (let index = 0; index < l1.entries; index += 1) {
    const at = Number(l1Table.readBigUInt64BE(index * 8) & OFFSET);
    if (at === 0 || index * guestBytesOfL2 >= virtualBytes) continue;
    // Two tables at one place would let a small file keep us busy without end.
    if (at % cluster !== 0 || seen.has(at)) throw new AppError('DISK_INVALID', `${file.path} has tables that overlap`);
    seen.add(at);
    const table = await file.part(at, cluster);
    file.require(endOfTable(table, header, virtualBytes - index * guestBytesOfL2));
  }
}

/** Where the last of the clusters ends that a table leads to, of which the guest sees `guestBytes`. */
function endOfTable(table: Buffer, { clusterBits, entryBytes }: Header, guestBytes: number): number {
  const cluster = 2 ** clusterBits;
  let end = 0;
  for (let at = 0, guest = 0; at < table.length && guest < guestBytes; at += entryBytes, guest += cluster) {
    const entry = table.readBigUInt64BE(at);
    if (entry & COMPRESSED) {
      end = Math.max(end, endOfCompressed(entry, clusterBits));
      continue;
    }
    const offset = Number(entry & OFFSET);
    const isZero = entryBytes === 8 ? (entry & ZERO) !== 0n : table.readUInt32BE(at + 12) === 0;
    if (offset !== 0 && !isZero) end = Math.max(end, offset + Math.min(cluster, guestBytes - guest));
  }
  return end;
}

/** A compressed cluster is measured in sectors, and its last one need not be whole. */
function endOfCompressed(entry: bigint, clusterBits: number): number {
  const shift = BigInt(62 - (clusterBits - 8));
  const at = Number(entry & ((1n << shift) - 1n));
  const sectors = Number((entry >> shift) & ((1n << BigInt(clusterBits - 8)) - 1n));
  return sectors === 0 ? at + 1 : Math.floor(at / SECTOR) * SECTOR + sectors * SECTOR + 1;
}

/** The file that one is the difference to, as it is named, and whether that is said to be raw. @throws DISK_CUT, DISK_INVALID */
export async function qcow2Below(file: ImageFile): Promise<{ name: string; isRaw: boolean } | undefined> {
  const bytes = Buffer.alloc(104);
  (await file.head(0, 104)).copy(bytes);
  const [at, length] = [Number(bytes.readBigUInt64BE(8)), bytes.readUInt32BE(16)];
  if (at === 0) return undefined;
  if (length === 0 || length > MAX_NAME_BYTES)
    throw new AppError('DISK_INVALID', `${file.path} names a file below it by an impossible name`);
  const name = (await file.part(at, length)).toString('utf8');
  // Between the header and the name stand its extensions, the format of what is below among them.
  const extensions = await file.head(bytes.readUInt32BE(4) >= 3 ? bytes.readUInt32BE(100) : 72, MAX_EXTENSIONS_BYTES);
  for (let from = 0; from + 8 <= extensions.length; ) {
    const [type, size] = [extensions.readUInt32BE(from), extensions.readUInt32BE(from + 4)];
    if (type === 0 || size > MAX_EXTENSIONS_BYTES) break;
    if (type === BACKING_FORMAT)
      return { name, isRaw: extensions.toString('latin1', from + 8, from + 8 + size) === 'raw' };
    from += 8 + Math.ceil(size / 8) * 8;
  }
  return { name, isRaw: false };
}

async function readHeader(file: ImageFile): Promise<Header> {
  const bytes = Buffer.alloc(104);
  (await file.head(0, 104)).copy(bytes);
  const version = bytes.readUInt32BE(4);
  const clusterBits = bytes.readUInt32BE(20);
  const invalid = (what: string) => new AppError('DISK_INVALID', `${file.path} ${what}`);
  if (version !== 2 && version !== 3) throw invalid(`is of version ${version} of qcow2, which is not supported`);
  if (clusterBits < 9 || clusterBits > 21) throw invalid('has an invalid cluster size');
  if (bytes.readUInt32BE(32) !== 0)
    throw new AppError('DISK_ENCRYPTED', `${file.path} is encrypted: write it anew without, with \`qemu-img convert\``);
  const features = version === 3 ? bytes.readBigUInt64BE(72) : 0n;
  if (features & DATA_FILE) throw invalid(`is not whole: it keeps its data in another file. ${FLATTEN}`);
  const l1 = { at: Number(bytes.readBigUInt64BE(40)), entries: bytes.readUInt32BE(36) };
  if (l1.entries * 8 > MAX_L1_BYTES) throw invalid('has a table larger than any');
  return {
    clusterBits,
    virtualBytes: Number(bytes.readBigUInt64BE(24)),
    l1,
    refcounts: { at: Number(bytes.readBigUInt64BE(48)), bytes: bytes.readUInt32BE(56) * 2 ** clusterBits },
    entryBytes: features & EXTENDED_ENTRIES ? 16 : 8,
  };
}

/** What to do with an image that is spread over several files. */
export const FLATTEN = 'Make one file of it with `qemu-img convert -O qcow2 FILE NEW`, and add NEW';
