import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { fileMark, isThere, linkFile, removeFile } from '../../sys/files/files.ts';
import { readState, removeState, writeState } from '../state/instances.ts';
import { generationPaths, instancePaths } from '../state/layout.ts';

/** What is noted of a suspended machine, as far as it has to be known here: the files that it goes on with alone. */
const Noted = z.looseObject({
  comesBack: z.literal(true).exactOptional(),
  files: z.array(z.strictObject({ name: z.string(), bytes: z.int(), changedAt: z.string() })),
});

const Which = z.enum(['overlay', 'data', 'variables']);

/** `memory.json` of a snapshot: the note, without the files, which are others each time that it is gone back to; which they are. */
const MemoryFile = z.strictObject({
  format: z.literal(1),
  noted: z.record(z.string(), z.unknown()),
  files: z.array(z.strictObject({ name: z.string(), which: Which })),
});
type MemoryFile = z.infer<typeof MemoryFile>;

/** What is saved of a suspended machine’s memory, to be kept with its disks; undefined where it is not suspended. @throws VM_SUSPENDED */
export async function memoryOf(state: string, vm: string, generation: number): Promise<MemoryFile | undefined> {
  const { suspended } = generationPaths(state, vm, generation);
  if (!(await isThere(suspended))) return undefined;
  const { files, comesBack: _comesBack, ...noted } = await readState(suspended, Noted);
  const named: MemoryFile['files'] = [];
  for (const { name, ...mark } of files) {
    const others = named.map((each) => each.which);
    const which = await whichIs(filesOf(state, vm, generation), mark, others);
    if (!which)
      throw new AppError(
        'VM_SUSPENDED',
        `${vm} is suspended, and ${name} is not what it was when its memory was saved`,
      );
    named.push({ name, which });
  }
  return { format: 1, noted, files: named };
}

/** What was in a machine’s memory goes with its snapshot: others need the disks alone. */
export async function removeMemory({ note, memory }: { note: string; memory: string }): Promise<void> {
  for (const path of [note, memory]) await removeState(path);
}

/** The machine is suspended with the memory that was kept, on the disks that it has now. */
export async function putMemory(
  state: string,
  vm: string,
  generation: number,
  kept: { note: string; memory: string },
): Promise<void> {
  if (!(await isThere(kept.note))) return;
  const { noted, files } = await readState(kept.note, MemoryFile);
  const to = generationPaths(state, vm, generation);
  // One that is to go on by itself still is.
  const before = (await isThere(to.suspended)) ? await readState(to.suspended, Noted) : undefined;
  const goesOn = before?.comesBack ? { comesBack: true } : {};
  await removeFile(to.memory);
  // Nobody writes to it: it is made whole, and removed.
  await linkFile(kept.memory, to.memory);
  const paths = filesOf(state, vm, generation);
  const marked = files.map(async ({ name, which }) => ({ name, ...(await fileMark(paths[which])) }));
  await writeState(to.suspended, { ...noted, ...goesOn, files: await Promise.all(marked) });
}

function filesOf(state: string, vm: string, generation: number): Record<z.infer<typeof Which>, string> {
  const { overlay, variables } = generationPaths(state, vm, generation);
  return { overlay, data: instancePaths(state, vm).data, variables };
}

/** Empty disks that were made at the same moment look alike: each is one of them, in the order in which they are noted. */
async function whichIs(
  paths: Record<z.infer<typeof Which>, string>,
  wanted: { bytes: number; changedAt: string },
  others: readonly z.infer<typeof Which>[],
): Promise<z.infer<typeof Which> | undefined> {
  for (const which of Which.options.filter((each) => !others.includes(each))) {
    const mark = (await isThere(paths[which])) ? await fileMark(paths[which]) : undefined;
    if (mark?.bytes === wanted.bytes && mark.changedAt === wanted.changedAt) return which;
  }
  return undefined;
}
