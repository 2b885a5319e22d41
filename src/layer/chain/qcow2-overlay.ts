import { BlockFile } from '../../sys/files/bulk/blocks.ts';
import { CLUSTER } from '../format.ts';

const HEAD_BYTES = 104;
const MAGIC = 0x5146_49fb;
/** Entries of a table, of 64 bits each, and numbers of how often a cluster is used, of 16 bits each, in a cluster. */
const ENTRIES = CLUSTER / 8;
const COUNTS = CLUSTER / 2;
/** It belongs to this file alone. */
const COPIED = 1n << 63n;
/** It reads as zeros, whatever lies below. */
const ZERO = 1n;

/**
 * Writes a qcow2 file of some clusters of a disk, which names no other file: what it has not is what it is put on. The file is whole
 * once `finish` has ended.
 */
export class Qcow2Overlay implements Disposable {
  readonly #file: BlockFile;
  readonly #virtualBytes: number;
  readonly #tables = new Map<number, Buffer>();
  /** The first cluster of the file that nothing is in. */
  #next: number;

  /** @throws FILE_EXISTS, DISK_FULL */
  constructor(path: string, virtualBytes: number) {
    this.#file = new BlockFile(path, 'create');
    this.#virtualBytes = virtualBytes;
    this.#next = 1 + this.#rootClusters;
  }

  /** A cluster of the disk, by its number, as a whole. @throws DISK_FULL */
  write(cluster: number, bytes: Uint8Array): void {
    this.#enter(cluster, COPIED | BigInt(this.#append(bytes)));
  }

  writeZeros(cluster: number): void {
    this.#enter(cluster, ZERO);
  }

  /** @throws DISK_FULL */
  finish(): void {
    const root = Buffer.alloc(this.#rootClusters * CLUSTER);
    for (const [at, table] of this.#tables) root.writeBigUInt64BE(COPIED | BigInt(this.#append(table)), at * 8);
    this.#file.write(root, CLUSTER);
    const counts = this.#writeCounts();
    const header = Buffer.alloc(CLUSTER);
    const rootEntries = Math.ceil(this.#virtualBytes / (CLUSTER * ENTRIES));
    header.writeUInt32BE(MAGIC, 0);
    header.writeUInt32BE(3, 4);
    header.writeUInt32BE(Math.log2(CLUSTER), 20);
    header.writeBigUInt64BE(BigInt(this.#virtualBytes), 24);
    header.writeUInt32BE(rootEntries, 36);
    header.writeBigUInt64BE(BigInt(CLUSTER), 40);
    header.writeBigUInt64BE(BigInt(counts.table), 48);
    header.writeUInt32BE(counts.tableClusters, 56);
    // Numbers of 2^4 bits.
    header.writeUInt32BE(4, 96);
    header.writeUInt32BE(HEAD_BYTES, 100);
    this.#file.write(header, 0);
    this.#file.sync();
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  get #rootClusters(): number {
    return Math.max(1, Math.ceil(this.#virtualBytes / (CLUSTER * ENTRIES) / ENTRIES));
  }

  #enter(cluster: number, entry: bigint): void {
    const at = Math.floor(cluster / ENTRIES);
    const table = this.#tables.get(at) ?? Buffer.alloc(CLUSTER);
    this.#tables.set(at, table);
    table.writeBigUInt64BE(entry, (cluster % ENTRIES) * 8);
  }

  #append(bytes: Uint8Array): number {
    const offset = this.#next * CLUSTER;
    this.#file.write(bytes, offset);
    this.#next += bytes.length / CLUSTER;
    return offset;
  }

  /** Every cluster of the file is used once, those of the numbers and of their table too. */
  #writeCounts(): { table: number; tableClusters: number } {
    const before = this.#next;
    let [blocks, tableClusters] = [0, 0];
    for (let all = before; blocks * COUNTS < all; all = before + blocks + tableClusters) {
      blocks = Math.ceil(all / COUNTS);
      tableClusters = Math.max(1, Math.ceil(blocks / ENTRIES));
    }
    const all = before + blocks + tableClusters;
    const table = Buffer.alloc(tableClusters * CLUSTER);
    for (let block = 0; block < blocks; block += 1) {
      const counts = Buffer.alloc(CLUSTER);
      const used = Math.min(COUNTS, all - block * COUNTS);
      for (let at = 0; at < used; at += 1) counts.writeUInt16BE(1, at * 2);
      table.writeBigUInt64BE(BigInt(this.#append(counts)), block * 8);
    }
    return { table: this.#append(table), tableClusters };
  }
}
