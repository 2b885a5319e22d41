import { AppError } from '../../lib/errors.ts';
import type { DescribedDisk } from './described.ts';
import { type Holder, openPlace, type Place } from './holder.ts';
import type { ForeignDisk } from './read-foreign.ts';

const MAX_PIECES = 5000;
/** What is unpacked, where nothing says how large the disk is. */
const MAX_UNPACKED_BYTES = 2 ** 40;
/** An image is a little larger than its disk. */
const SPARE_BYTES = 64 << 20;

/** A disk that is packed, or lies in pieces `NAME.000000000`, `NAME.000000001`, … @throws IMPORT_INVALID, FILE_MISSING */
export async function piecesOf(
  { file, isPacked = false, pieceBytes, bytes, capacityBytes }: DescribedDisk,
  holder: Holder,
  signal?: AbortSignal,
): Promise<ForeignDisk> {
  const names = pieceBytes === undefined ? [file] : pieceNames(file, bytes, pieceBytes);
  const pieces: Place[] = [];
  let total = 0;
  for (const name of names) {
    const place = await holder.place(name);
    await using opened = await openPlace(place, signal);
    total += opened.image.size;
    pieces.push(place);
  }
  if (bytes !== undefined && total !== bytes)
    throw new AppError('DISK_CUT', `${file} has ${total} bytes together, and ${bytes} by its description`);
  const unpacked = capacityBytes === undefined ? MAX_UNPACKED_BYTES : Math.ceil(capacityBytes * 1.1) + SPARE_BYTES;
  return { name: file, digests: [], pieces, isPacked, maxBytes: isPacked ? unpacked : total };
}

function pieceNames(file: string, bytes: number | undefined, pieceBytes: number): string[] {
  const count = bytes === undefined ? Number.NaN : Math.ceil(bytes / pieceBytes);
  if (!(count >= 1 && count <= MAX_PIECES))
    throw new AppError('IMPORT_INVALID', `${JSON.stringify(file.slice(0, 100))} lies in pieces whose number cannot be`);
  return Array.from({ length: count }, (_, index) => `${file}.${String(index).padStart(9, '0')}`);
}
