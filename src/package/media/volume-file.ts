import { z } from 'zod';
import { Sha256 } from '../../layer/entry.ts';
import { PACKAGE_NAME } from '../manifest.ts';

const Bytes = z.int().min(0);

/** A part of a blob, and the volume that has it. */
export const Piece = z.strictObject({ blob: Sha256, from: Bytes, bytes: Bytes, volume: z.int().min(1) });
export type Piece = z.infer<typeof Piece>;

/** `volume.json` of each of a package’s volumes: docs/formats/package.md §7. Hints: blobs are proved by their digests. */
export const VolumeFile = z.strictObject({
  format: z.literal(1),
  package: z.string().regex(PACKAGE_NAME),
  /** The same in all volumes of one set, and in no other’s. */
  set: z.string().regex(/^[0-9a-f]{32}$/),
  volume: z.int().min(1),
  volumes: z.int().min(1).max(10_000),
  pieces: z.array(Piece).max(200_000),
});
export type VolumeFile = z.infer<typeof VolumeFile>;

export const VOLUME_FILE = 'volume.json';
export const MAX_VOLUME_FILE_BYTES = 64 << 20;

/** The path of a piece in its volume: a blob that was not divided has its usual name. */
export function pieceName({ blob, from }: Piece): string {
  return from === 0 ? `blobs/${blob}` : `blobs/${blob}.${from}`;
}

/** `office-1.vol2.tar` beside `office-1.vol1.tar`, or undefined where a name does not tell. */
export function siblingName(name: string, volume: number, other: number): string | undefined {
  const match = /^(.*\.vol)(\d+)(\.\w+)?(\/?)$/.exec(name);
  if (!match || Number(match[2]) !== volume) return undefined;
  return `${match[1]}${other}${match[3] ?? ''}`;
}
