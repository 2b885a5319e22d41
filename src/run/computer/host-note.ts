import { z } from 'zod';
import { computerTable } from '../../firewall/computer/computer-table.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import { readIfThere, removeFile, writeFileAtomic } from '../../sys/files/files.ts';

const MAX_BYTES = 4096;

/** Which rules for the computer itself are in force, in which zone, since when. */
const HostNote = z.strictObject({
  format: z.literal(1),
  /** Empty where that is not known, only that there are some. */
  digest: z.string(),
  zone: z.string().exactOptional(),
  since: z.string(),
});
export type HostNote = z.infer<typeof HostNote>;

/** Rules of which no more is known than that they are there, or may be. */
export const UNKNOWN_RULES: HostNote = { format: 1, digest: '', since: '' };

/** What the service before has left, if it was killed. A damaged note is one all the same: there are rules. */
export async function readHostNote(path: string): Promise<HostNote | undefined> {
  const bytes = await readIfThere(path, MAX_BYTES);
  if (!bytes) return undefined;
  return HostNote.safeParse(jsonOrNothing(bytes.toString('utf8'))).data ?? UNKNOWN_RULES;
}

export async function writeHostNote(path: string, note: HostNote): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(note)}\n`, 0o600);
}

export async function removeHostNote(path: string): Promise<void> {
  await removeFile(path);
}

/** Takes away what any service has left in force. @throws HOST_FILTER_FAILED */
export async function liftHostRules(noteFile: string): Promise<void> {
  await computerTable.free();
  await removeHostNote(noteFile);
}
