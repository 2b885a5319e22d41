import { AppError } from '../../lib/errors.ts';
import { BlockFile } from '../files/bulk/blocks.ts';
import { cipherSectors, isLuks, LUKS_BYTES, LUKS_HEAD_BYTES, makeLuksHead, openLuksHead, SECTOR } from './luks.ts';

type How = ConstructorParameters<typeof BlockFile>[1];

const HOLE = Buffer.alloc(SECTOR);

/** A file that lies in clear, or with the text that opens it one that is encrypted. @throws as BlockFile and LockedFile */
export function openBlocks(path: string, how: How, diskKey?: string): BlockFile {
  return diskKey === undefined ? new BlockFile(path, how) : new LockedFile(path, how, diskKey);
}

/** Whether a file is encrypted, by its first bytes; one that is shorter is not. */
export function isLocked(path: string): boolean {
  using file = new BlockFile(path, 'read');
  const beginning = Buffer.alloc(Math.min(8, file.size));
  file.read(beginning, 0);
  return isLuks(beginning);
}

/** Holds an encrypted file to being opened by this text. @throws KEY_DAMAGED, and as BlockFile */
export function requireOpens(path: string, diskKey: string): void {
  new LockedFile(path, 'read', diskKey)[Symbol.dispose]();
}

/**
 * The same of a file that is encrypted as LUKS1: who reads and writes it sees what it holds. QEMU opens it by the same text. A stretch
 * that nobody wrote reads as zeros here, and as noise there: `fillHoles` before anybody else reads it.
 */
export class LockedFile extends BlockFile {
  readonly #sectorKey: Buffer;

  /** @throws KEY_DAMAGED when its head is damaged, or opened by another text */
  constructor(path: string, how: How, diskKey: string) {
    super(path, how);
    try {
      this.#sectorKey = how === 'create' ? this.#begin(diskKey) : this.#open(diskKey);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  override get size(): number {
    return Math.max(0, super.size - LUKS_BYTES);
  }

  override read(into: Uint8Array, position: number): void {
    const before = position % SECTOR;
    const bytes = Buffer.allocUnsafeSlow(Math.ceil((before + into.length) / SECTOR) * SECTOR);
    super.read(bytes, LUKS_BYTES + position - before);
    forHoles(bytes, false, (from, to) =>
      cipherSectors('decrypt', this.#sectorKey, bytes.subarray(from, to), (position - before + from) / SECTOR),
    );
    into.set(bytes.subarray(before, before + into.length));
  }

  /** Whole sectors only. */
  override write(from: Uint8Array, position: number): void {
    if (position % SECTOR !== 0 || from.length % SECTOR !== 0)
      throw new AppError('INTERNAL', `a part of a sector of ${this.path} was to be written`);
    const bytes = Buffer.from(from);
    cipherSectors('encrypt', this.#sectorKey, bytes, position / SECTOR);
    super.write(bytes, LUKS_BYTES + position);
  }

  override resize(bytes: number): void {
    super.resize(LUKS_BYTES + bytes);
  }

  /** Writes zeros where nobody wrote anything in a stretch of whole sectors. */
  fillHoles(position: number, length: number): void {
    const bytes = Buffer.allocUnsafeSlow(length);
    super.read(bytes, LUKS_BYTES + position);
    forHoles(bytes, true, (from, to) => this.write(Buffer.alloc(to - from), position + from));
  }

  #begin(diskKey: string): Buffer {
    const { bytes, sectorKey } = makeLuksHead(diskKey);
    super.write(bytes, 0);
    super.resize(LUKS_BYTES);
    return sectorKey;
  }

  #open(diskKey: string): Buffer {
    const bytes = Buffer.alloc(LUKS_HEAD_BYTES);
    if (super.size >= LUKS_BYTES) super.read(bytes, 0);
    const sectorKey = openLuksHead(bytes, diskKey);
    if (sectorKey) return sectorKey;
    const details = { path: this.path };
    throw new AppError(
      'KEY_DAMAGED',
      `${this.path} is not opened by the key of its machine: its beginning is damaged, or another’s`,
      { details },
    );
  }
}

/** Calls `each` for every run of sectors that are holes, or for every run of the others. */
function forHoles(bytes: Buffer, wanted: boolean, each: (from: number, to: number) => void): void {
  let from = 0;
  while (from < bytes.length) {
    const isHole = isHoleAt(bytes, from);
    let to = from + SECTOR;
    while (to < bytes.length && isHoleAt(bytes, to) === isHole) to += SECTOR;
    if (isHole === wanted) each(from, to);
    from = to;
  }
}

function isHoleAt(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0 && HOLE.equals(bytes.subarray(at, at + SECTOR));
}
