import { basename } from 'node:path';
import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { jsonOrNothing } from '../lib/json.ts';
import { readIfThere, removeFile, writeFileAtomic } from '../sys/files/files.ts';
import { makeFolder, realPath, removeFolder } from '../sys/files/folders.ts';
import { isTemporary, temporaryBeside } from '../sys/files/temporary.ts';
import { vmPaths } from './layout.ts';

const MAX_BYTES = 64 << 10;

/** `exporting.json`: what of an export is nobody’s if it is still there when the machine’s lock is free. */
const ExportNote = z.strictObject({
  format: z.literal(1),
  /** The machine’s folder: in a copy of the project this says nothing. */
  machine: z.string(),
  /** Where the export lies until it has its name. */
  beside: z.string().refine((path) => isTemporary(basename(path))),
});

/**
 * Gives `work` a folder beside a file that is to be, and removes it afterwards. The machine’s lock is held. Where this process is killed,
 * `removeForgottenExport` finds it. @throws FILE_IN_WAY, FILE_MISSING, FILE_DENIED, DISK_FULL, and what `work` throws
 */
export async function withExportFolder<T>(
  folder: string,
  vm: string,
  to: string,
  work: (beside: string) => Promise<T>,
): Promise<T> {
  await removeForgottenExport(folder, vm);
  const { folder: machine, exporting } = vmPaths(folder, vm);
  const beside = temporaryBeside(to);
  const note: z.infer<typeof ExportNote> = { format: 1, machine: await realPath(machine), beside };
  await writeFileAtomic(exporting, `${JSON.stringify(note)}\n`).catch(unlessFull);
  try {
    await makeFolder(beside, 0o700);
    return await work(beside);
  } finally {
    await removeFolder(beside).catch(unlessNone);
    await removeFile(exporting);
  }
}

/** Removes what an export of a machine has left that was killed. Its lock is held: nobody else can be working on it. */
export async function removeForgottenExport(folder: string, vm: string): Promise<void> {
  const { folder: machine, exporting } = vmPaths(folder, vm);
  const bytes = await readIfThere(exporting, MAX_BYTES);
  if (bytes === undefined) return;
  const { data: note } = ExportNote.safeParse(jsonOrNothing(bytes.toString('utf8')));
  if (note?.machine === (await realPath(machine))) await removeFolder(note.beside).catch(unlessNone);
  await removeFile(exporting);
}

/** Whoever exports a machine to make room is not kept from it: a note alone is missing then. */
function unlessFull(error: unknown): void {
  if (!(error instanceof AppError && error.code === 'DISK_FULL')) throw error;
}

/** The place of the folder is no folder, or may be used no more. */
function unlessNone(error: unknown): void {
  if (!(error instanceof AppError && ['FILE_MISSING', 'FILE_DENIED'].includes(error.code))) throw error;
}
