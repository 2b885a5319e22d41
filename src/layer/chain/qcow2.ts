import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { imageFacts } from '../../sys/programs/qemu-img.ts';
import { openBlocks } from '../../sys/secrets/locked-blocks.ts';
import { hold } from '../format.ts';

const HEAD = 104;
const MAGIC = 0x5146_49fb;
const CLUSTER_BITS = 16;
const DATA_FILE = 2;

interface Header {
  version: number;
  backingOffset: bigint;
  clusterBits: number;
  virtualBytes: number;
  encryption: number;
  snapshots: number;
  /** Bits of what a reader must understand; bit 2 says that the data lies in a file the header names. */
  incompatible: bigint;
}

function readHeader(path: string, diskKey?: string): Header {
  using file = openBlocks(path, 'read', diskKey);
  if (file.size < HEAD) throw new AppError('LAYER_INVALID', `${path} is not a qcow2 file`);
  const bytes = Buffer.alloc(HEAD);
  file.read(bytes, 0);
  hold(bytes.readUInt32BE(0) === MAGIC, `${path} is not a qcow2 file`);
  const version = bytes.readUInt32BE(4);
  return {
    version,
    backingOffset: bytes.readBigUInt64BE(8),
    clusterBits: bytes.readUInt32BE(20),
    virtualBytes: Number(bytes.readBigUInt64BE(24)),
    encryption: bytes.readUInt32BE(32),
    snapshots: bytes.readUInt32BE(60),
    incompatible: version >= 3 ? bytes.readBigUInt64BE(72) : 0n,
  };
}

/**
 * Holds a file to what a layer is (layer §2.2): plain qcow2 version 3 of this size, in 64 KiB clusters, that names no other
 * file. Reads its own header alone: no program has opened it yet, so nothing it names can have been followed.
 * @throws LAYER_INVALID
 */
export function checkLayerHeader(path: string, virtualBytes?: number, diskKey?: string): { virtualBytes: number } {
  const header = readHeader(path, diskKey);
  hold(header.version === 3, 'the layer is not of qcow2 version 3');
  hold(header.clusterBits === CLUSTER_BITS, 'the layer has clusters of another size');
  hold(header.backingOffset === 0n, 'the layer names a file below it');
  hold(header.encryption === 0, 'the layer is encrypted');
  hold(header.incompatible === 0n, 'the layer uses features that layers do not have');
  hold(header.snapshots === 0, 'the layer holds saved states');
  hold(virtualBytes === undefined || header.virtualBytes === virtualBytes, 'the layer’s disk has another size');
  return { virtualBytes: header.virtualBytes };
}

/** Holds a working disk to what can be made a layer without following a name in it. @throws DISK_INVALID */
export function checkWorkHeader(path: string): void {
  const { incompatible, encryption } = readHeader(path);
  if ((incompatible >> BigInt(DATA_FILE)) & 1n)
    throw new AppError('DISK_INVALID', `${path} keeps its data in another file`);
  if (encryption !== 0) throw new AppError('DISK_INVALID', `${path} is encrypted`);
}

/**
 * The size of a disk that was made here, as its guest sees it.
 * @throws LAYER_INVALID when it is no qcow2 file, VM_UNSUPPORTED when it is encrypted by itself, KEY_DAMAGED
 */
export function ownDiskBytes(path: string, diskKey?: string): number {
  const { encryption, virtualBytes } = readHeader(path, diskKey);
  if (encryption !== 0)
    throw new AppError('VM_UNSUPPORTED', `${path} is encrypted: no other disk can be put on it yet`);
  return virtualBytes;
}

/**
 * What is wrong with the header of a disk that was made here and that a machine writes; undefined when nothing is. It names no other
 * file, and what lies below it is named by whoever opens it. @throws LAYER_INVALID when it is no qcow2 file
 */
export function wrongWithOwnDisk(path: string, virtualBytes?: number): string | undefined {
  const header = readHeader(path);
  if (header.version !== 3) return 'is of another version of qcow2';
  if (header.backingOffset !== 0n) return 'names a file below it, and was made without one';
  if ((header.incompatible >> BigInt(DATA_FILE)) & 1n) return 'keeps its data in another file';
  if (header.encryption !== 0) return 'is encrypted';
  if (virtualBytes !== undefined && header.virtualBytes !== virtualBytes)
    return 'is not as large as the layers below it';
  return undefined;
}

const Facts = z.object({
  format: z.literal('qcow2'),
  'virtual-size': z.int(),
  'backing-filename': z.undefined().optional(),
  encrypted: z.literal(false).optional(),
  snapshots: z.array(z.unknown()).length(0).optional(),
  'format-specific': z.object({
    data: z.object({
      'data-file': z.undefined().optional(),
      bitmaps: z.array(z.unknown()).length(0).optional(),
      corrupt: z.literal(false).optional(),
    }),
  }),
});

/** Asks QEMU the same, after the header itself was found good (layer §11.1). @throws LAYER_INVALID, PROGRAM_MISSING */
export async function checkLayerFacts(
  path: string,
  virtualBytes: number,
  { signal, diskKey }: { signal?: AbortSignal | undefined; diskKey?: string | undefined } = {},
): Promise<void> {
  const facts = Facts.safeParse(await imageFacts(path, 'qcow2', { signal, diskKey }));
  if (!facts.success)
    throw new AppError('LAYER_INVALID', 'QEMU says the layer is not a plain qcow2 file', { cause: facts.error });
  hold(facts.data['virtual-size'] === virtualBytes, 'the layer’s disk has another size');
}
