import { z } from 'zod';
import { jsonOrNothing } from '../../lib/json.ts';
import { removeFile } from '../../sys/files/files.ts';
import { KEPT_IN_CLEAR, type KeptFiles } from '../../sys/files/kept-files.ts';

const MAX_BYTES = 64 << 10;

/** A file that a suspended machine goes on with: it is the same as long as nobody has written to it. */
const KnownFile = z.strictObject({
  /** What people call it. */
  name: z.string(),
  bytes: z.int().min(0),
  /** When it was last changed, in nanoseconds since 1970. */
  changedAt: z.string().regex(/^\d{1,20}$/),
});
export type KnownFile = z.infer<typeof KnownFile>;

/** What a saved state was made on, and can be gone on with on alone. */
export const Circumstances = z.strictObject({
  /** The installed generation whose disk it has. */
  generation: z.int().min(1),
  /** The kind of processor: of software, or this computer’s own, by a digest of what it can do. */
  processor: z.string(),
  /** A digest of all devices, with their settings. */
  hardware: z.string().regex(/^[0-9a-f]{64}$/),
  files: z.array(KnownFile),
});
export type Circumstances = z.infer<typeof Circumstances>;

/** `suspended.json` beside a generation: it is suspended. Memory and devices are in the file beside it. */
export const SavedState = z.strictObject({
  format: z.literal(1),
  vm: z.string(),
  suspendedAt: z.iso.datetime(),
  /** How long the file with its memory is. */
  memoryBytes: z.int().min(1),
  qemu: z.string(),
  /** Its service suspended it because it ended: the next one lets it go on by itself. */
  comesBack: z.literal(true).exactOptional(),
  ...Circumstances.shape,
});
export type SavedState = z.infer<typeof SavedState>;

/** Where a machine’s state is saved: the note that says so, and its memory and devices. */
export interface SavedPlace {
  note: string;
  memory: string;
  /** How the note is kept; in clear without it. */
  files?: KeptFiles;
}

/** What is saved there, `damaged` where it cannot be read, or undefined where nothing is. */
export async function readSaved({
  note,
  files = KEPT_IN_CLEAR,
}: SavedPlace): Promise<SavedState | 'damaged' | undefined> {
  const bytes = await files.read(note, MAX_BYTES);
  return bytes && (SavedState.safeParse(jsonOrNothing(bytes.toString('utf8'))).data ?? 'damaged');
}

/** From here on the machine is suspended: the one commit point of a suspension. */
export async function writeSaved({ note, files = KEPT_IN_CLEAR }: SavedPlace, saved: SavedState): Promise<void> {
  await files.write(note, `${JSON.stringify(saved)}\n`);
}

/** From here on the machine is not suspended any more: the one commit point of going on, before a disk changes. */
export async function spendSaved({ note }: SavedPlace): Promise<void> {
  await removeFile(note);
}

/** Removes memory that no note speaks of: it was never whole, or is spent. */
export async function tidySaved(place: SavedPlace): Promise<void> {
  if ((await readSaved(place)) === undefined) await removeFile(place.memory);
}
