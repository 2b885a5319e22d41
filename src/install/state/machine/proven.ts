import { z } from 'zod';
import { Sha256 } from '../../../layer/entry.ts';
import { removeFile } from '../../../sys/files/files.ts';
import { readIfWhole, writeState } from '../instances.ts';
import { computerPaths } from '../layout.ts';

/** `damaged.json`: what the last check found to be other bytes than were signed; a damaged one names nothing. */
const DamagedFile = z.strictObject({ format: z.literal(1), digests: z.array(Sha256) });

/** What is not as it was signed, as far as anybody looked. */
export async function proven(state: string): Promise<{ isDamaged: (sha256: string) => boolean; digests: string[] }> {
  const digests = (await readIfWhole(computerPaths(state).damaged, DamagedFile))?.digests ?? [];
  const damaged = new Set(digests);
  return { isDamaged: (sha256) => damaged.has(sha256), digests };
}

/** Keeps what a check found; nothing when all is as it was signed. */
export async function noteDamaged(state: string, digests: readonly string[]): Promise<void> {
  const { damaged } = computerPaths(state);
  if (digests.length === 0) await removeFile(damaged);
  else await writeState(damaged, { format: 1, digests });
}

/** These were made anew. */
export async function forgetDamaged(state: string, made: readonly string[]): Promise<void> {
  const { digests } = await proven(state);
  const left = digests.filter((sha256) => !made.includes(sha256));
  if (left.length < digests.length) await noteDamaged(state, left);
}
