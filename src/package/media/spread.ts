import type { Piece } from './volume-file.ts';

/**
 * Spreads blobs over volumes that have room for so many bytes of them each, in order, and divides those that do not fit
 * into the room that is left. `costBytes` is what each piece takes besides its bytes, `takenBytes` what the first volume has besides.
 */
export function spread(
  blobs: readonly { sha256: string; bytes: number }[],
  roomBytes: number,
  costBytes: number,
  takenBytes = 0,
): Piece[] {
  const pieces: Piece[] = [];
  let volume = 1;
  let left = roomBytes - takenBytes;
  for (const { sha256: blob, bytes } of blobs) {
    let from = 0;
    do {
      if (left <= costBytes) [volume, left] = [volume + 1, roomBytes];
      const part = Math.min(bytes - from, left - costBytes);
      pieces.push({ blob, from, bytes: part, volume });
      from += part;
      left -= part + costBytes;
    } while (from < bytes);
  }
  return pieces;
}
