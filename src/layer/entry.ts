import { z } from 'zod';
import { CLUSTER, MAX_VIRTUAL_BYTES } from './format.ts';
import { MODES } from './modes.ts';

/** A SHA-256 in hexadecimal, small letters. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** How many layers a disk may have had. */
export const MAX_LAYERS = 1000;

const Bytes = z.int().positive();

/** A package's copy of one layer (layer §1.5): what to fetch, and how it was made. */
const BlobEntry = z.strictObject({ bytes: Bytes, sha256: Sha256, mode: z.enum(MODES) });

/** What a manifest says of one layer (layer §1.5). */
export const LayerEntry = z.strictObject({
  bytes: Bytes.multipleOf(CLUSTER),
  sha256: Sha256,
  virtualBytes: Bytes.multipleOf(512).max(MAX_VIRTUAL_BYTES),
  /** The layers below it, bottom first. */
  below: z.array(Sha256).max(MAX_LAYERS - 1),
  /** SHA-256 of the piece list (layer §8.5). */
  pieces: Sha256,
  /** Version of the QEMU that laid the file out; for people only (layer §2.3). */
  qemu: z.string().max(64).exactOptional(),
  blob: BlobEntry,
});
export type LayerEntry = z.infer<typeof LayerEntry>;
