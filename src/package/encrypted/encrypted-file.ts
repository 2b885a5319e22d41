import { z } from 'zod';
import { Sha256 } from '../../layer/entry.ts';
import { CHUNK_BYTES, TAG_BYTES } from '../../sys/secrets/age-chunks.ts';
import type { PackageSize } from '../media/look.ts';

export const MAX_ENCRYPTED_FILE_BYTES = 4096;
/** What the headers of a file in an archive take, generously. */
const FILE_BYTES = 4096;

/** `encrypted.json` of a package that is encrypted: all of it that lies in clear (docs/formats/package.md §10). */
export const EncryptedFile = z.strictObject({
  format: z.literal(1),
  /** The one age file: a random name, which says nothing of what is in it. */
  blob: Sha256,
  bytes: z
    .int()
    .min(1)
    .max(2 ** 52),
});
export type EncryptedFile = z.infer<typeof EncryptedFile>;

/** Where in the archive each file of the package is: it stands first in it, so that not all of the archive has to be read for it. */
export const INDEX_FILE = 'index.json';
export const MAX_INDEX_BYTES = 64 << 20;

export const Index = z
  .array(z.strictObject({ path: z.string(), offset: z.int().min(0), bytes: z.int().min(0) }))
  .max(100_000);
export type Index = z.infer<typeof Index>;

/** What a package of this size is once it is encrypted. */
export function encryptedSize({ blobs, small, first = [] }: PackageSize): PackageSize {
  const plain = [...blobs, ...small].reduce((sum, bytes) => sum + bytes + FILE_BYTES, MAX_ENCRYPTED_FILE_BYTES);
  return { blobs: [Math.ceil(plain * (1 + TAG_BYTES / CHUNK_BYTES))], small: [MAX_ENCRYPTED_FILE_BYTES], first };
}
