import { z } from 'zod';
import { Sha256 } from '../layer/entry.ts';

const Bytes = z
  .int()
  .min(0)
  .max(2 ** 53 - 1);

/** A file that is carried compressed (zstd): its own length and digest, and those of the blob. */
export const PackedFile = z.strictObject({
  bytes: Bytes,
  sha256: Sha256,
  blob: z.strictObject({ bytes: Bytes, sha256: Sha256 }),
});
export type PackedFile = z.infer<typeof PackedFile>;
