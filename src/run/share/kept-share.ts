import { join } from 'node:path';
import { z } from 'zod';
import { jsonOrNothing } from '../../lib/json.ts';
import { readIfThere, removeFile, writeFileAtomic } from '../../sys/files/files.ts';

const MAX_BYTES = 64 << 10;

/** A folder that a machine’s guest has. */
export const KeptShare = z.strictObject({
  format: z.literal(1),
  path: z.string(),
  readOnly: z.boolean(),
  /** ISO time. */
  since: z.iso.datetime(),
  /** Whose rights it is served with; the service’s own where it is absent. */
  uid: z.int().exactOptional(),
});
export type KeptShare = z.infer<typeof KeptShare>;

/** `share.json` in a machine’s run folder: what is shared, so that a restarted service goes on serving it; a damaged one is none. */
export async function readShare(runFolder: string): Promise<KeptShare | undefined> {
  const bytes = await readIfThere(pathIn(runFolder), MAX_BYTES);
  return KeptShare.safeParse(jsonOrNothing(bytes?.toString('utf8') ?? '')).data;
}

/** @throws DISK_FULL */
export async function writeShare(runFolder: string, share: KeptShare | undefined): Promise<void> {
  if (!share) return removeFile(pathIn(runFolder));
  await writeFileAtomic(pathIn(runFolder), `${JSON.stringify(share)}\n`, 0o600);
}

function pathIn(runFolder: string): string {
  return join(runFolder, 'share.json');
}
