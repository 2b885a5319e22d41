import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { BLOCK_BYTES, padding, tarHeader } from '../../package/encrypted/tar-header.ts';
import { type OvfMachine, ovfOf } from '../../project/foreign/formats/ovf-text.ts';
import { gatherParts } from '../../sys/files/bulk/gather.ts';
import { digestFile, fileBytes, writeFileAtomic } from '../../sys/files/files.ts';

/** A machine whose disk lies alone in a folder. */
type Packed = Omit<OvfMachine, 'disk'> & { disk: { path: string; capacityBytes: number } };

interface Writing {
  signal: AbortSignal | undefined;
  /** Told how much is done: the disk is read twice, for its digest and to be packed. */
  onBytes: (done: number, total: number) => void;
}

/** Puts a disk, and what describes it, into one archive. @throws DISK_FULL, FILE_LIMIT, INTERRUPTED */
export async function writeOva({ disk, ...machine }: Packed, to: string, { signal, onBytes }: Writing): Promise<void> {
  const { name } = machine;
  const [folder, file, bytes] = [dirname(disk.path), basename(disk.path), await fileBytes(disk.path)];
  const text = ovfOf({ ...machine, disk: { file, bytes, capacityBytes: disk.capacityBytes } });
  const { sha256 } = await digestFile(disk.path, signal, (done) => onBytes(done, 2 * bytes));
  const own = createHash('sha256').update(text).digest('hex');
  const manifest = `SHA256(${name}.ovf)= ${own}\nSHA256(${file})= ${sha256}\n`;
  const ends = [
    Buffer.concat([entry(`${name}.ovf`, text), entry(`${name}.mf`, manifest), tarHeader(file, bytes)]),
    Buffer.concat([padding(bytes), Buffer.alloc(2 * BLOCK_BYTES)]),
  ];
  const [before, behind] = [join(folder, 'before'), join(folder, 'behind')];
  try {
    for (const [at, path] of [before, behind].entries()) await writeFileAtomic(path, ends[at] ?? '');
    const parts = [before, disk.path, behind].map(async (path) => ({ path, offset: 0, bytes: await fileBytes(path) }));
    // As tar does: who may read it is what the umask of whoever exports it says.
    const how = { isPacked: false, maxBytes: Number.POSITIVE_INFINITY, mode: 0o666, signal };
    await gatherParts(await Promise.all(parts), to, {
      ...how,
      onBytes: (done, total) => onBytes(bytes + Math.round((done / total) * bytes), 2 * bytes),
    });
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'DISK_FULL')) throw error;
    throw new AppError('DISK_FULL', `${name}, exported, does not fit: the disk is full`, { cause: error });
  }
}

function entry(path: string, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([tarHeader(path, bytes.length), bytes, padding(bytes.length)]);
}
