import { join } from 'node:path';
import { z } from 'zod';
import { jsonOrNothing } from '../lib/json.ts';
import { readIfThere, removeFile, writeFileAtomic } from '../sys/files/files.ts';
import { isRunning } from '../sys/programs/processes.ts';
import { vmPaths } from './layout.ts';

const MAX_BYTES = 64 << 10;

/** How the administrator runs his own copy of a machine, and where: how another manager finds it when that one was killed. */
const OwnRun = z.strictObject({
  format: z.literal(1),
  mode: z.enum(['preview', 'free']),
  /** Its number on this computer, from which its addresses and users follow. */
  number: z.int(),
  runFolder: z.string(),
  /** What its hardware was, as a digest: `vm.yaml` may say another since. */
  hardware: z.string().max(100),
});
export type OwnRun = Omit<z.infer<typeof OwnRun>, 'format'>;

/** What is read of the record in its run folder, which has more. */
const Record = z.looseObject({ qemu: z.strictObject({ pid: z.int().positive(), startedAt: z.int() }) });

/** Notes it before the machine is started: a manager that is killed at any moment after leaves it findable. */
export async function noteOwnRun(folder: string, vm: string, run: OwnRun): Promise<void> {
  await writeFileAtomic(vmPaths(folder, vm).ownRun, `${JSON.stringify({ format: 1, ...run })}\n`);
}

export async function forgetOwnRun(folder: string, vm: string): Promise<void> {
  await removeFile(vmPaths(folder, vm).ownRun);
}

/** The run of a machine that still goes on; undefined where none does. What is damaged, or of another computer, is none. */
export async function findOwnRun(folder: string, vm: string): Promise<OwnRun | undefined> {
  const noted = OwnRun.safeParse(await readJson(vmPaths(folder, vm).ownRun));
  if (!noted.success) return undefined;
  const { format: _, ...run } = noted.data;
  const record = Record.safeParse(await readJson(join(run.runFolder, 'machine.json')));
  return record.success && isRunning(record.data.qemu) ? run : undefined;
}

async function readJson(path: string): Promise<unknown> {
  const bytes = await readIfThere(path, MAX_BYTES);
  return bytes && jsonOrNothing(bytes.toString('utf8'));
}
