import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import { fileMark, isThere, linkFile, readCapped, removeFile, writeFileAtomic } from '../../sys/files/files.ts';
import { vmPaths } from '../layout.ts';
import { snapshotPaths } from './snapshots.ts';

const MAX_BYTES = 64 << 10;

/** What is noted of a suspended machine, as far as it has to be known here: the files that it goes on with alone. */
const Noted = z.looseObject({
  files: z.array(z.strictObject({ name: z.string(), bytes: z.int(), changedAt: z.string() })),
});

const Which = z.enum(['work', 'data', 'variables', 'secureVariables', 'toolsDisc', 'seed']);
type Which = z.infer<typeof Which>;

/** `memory.json` of a snapshot: the note, without the files, which are others each time that it is gone back to; which they are. */
const MemoryFile = z.strictObject({
  format: z.literal(1),
  noted: z.record(z.string(), z.unknown()),
  files: z.array(z.strictObject({ name: z.string(), which: Which })),
});
export type MemoryNote = z.infer<typeof MemoryFile>;

/** What is noted of a suspended machine, to be kept with its disks; undefined where it is not suspended. @throws VM_SUSPENDED where it does not fit them any more */
export async function memoryNote(folder: string, vm: string): Promise<MemoryNote | undefined> {
  const paths = vmPaths(folder, vm);
  if (!(await isThere(paths.suspended))) return undefined;
  const { success, data } = Noted.safeParse(await readJson(paths.suspended));
  if (!success || !(await isThere(paths.memory)))
    throw new AppError('VM_SUSPENDED', `${vm} is suspended, and what was noted of it cannot be read`);
  const { files, ...noted } = data;
  const named: MemoryNote['files'] = [];
  for (const { name, ...mark } of files) {
    const others = named.map(({ which }) => which);
    const which = await whichIs(paths, mark, others);
    if (!which)
      throw new AppError(
        'VM_SUSPENDED',
        `${vm} is suspended, and ${name} is not what it was when its memory was saved`,
      );
    named.push({ name, which });
  }
  return { format: 1, noted, files: named };
}

/** The machine is suspended with the memory of a snapshot, on the files that it has now; where that has none, nothing is done. @throws PROJECT_INVALID */
export async function putMemory(folder: string, vm: string, id: string): Promise<void> {
  const [from, to] = [snapshotPaths(folder, vm, id), vmPaths(folder, vm)];
  if (!(await isThere(from.note))) return;
  const { success, data } = MemoryFile.safeParse(await readJson(from.note));
  if (!success) throw new AppError('PROJECT_INVALID', `${from.note} is damaged`);
  await removeFile(to.memory);
  // Nobody writes to it: it is made whole, and removed.
  await linkFile(from.memory, to.memory);
  const files = await Promise.all(
    data.files.map(async ({ name, which }) => ({ name, ...(await fileMark(to[which])) })),
  );
  await writeFileAtomic(to.suspended, `${JSON.stringify({ ...data.noted, files })}\n`);
}

async function readJson(path: string): Promise<unknown> {
  return jsonOrNothing((await readCapped(path, MAX_BYTES)).toString('utf8'));
}

/** Empty disks that were made at the same moment look alike: each is one of them, in the order in which they are noted. */
async function whichIs(
  paths: Record<Which, string>,
  wanted: { bytes: number; changedAt: string },
  others: readonly Which[],
): Promise<Which | undefined> {
  for (const which of Which.options.filter((each) => !others.includes(each))) {
    const mark = (await isThere(paths[which])) ? await fileMark(paths[which]) : undefined;
    if (mark?.bytes === wanted.bytes && mark.changedAt === wanted.changedAt) return which;
  }
  return undefined;
}
