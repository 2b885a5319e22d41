import { z } from 'zod';
import { Sha256 } from '../../layer/entry.ts';
import { AppError } from '../../lib/errors.ts';
import { Notes, PackedMachine } from '../../package/manifest.ts';
import { VM_NAME } from '../../policy/schema.ts';
import { isThere, readCapped, writeFileAtomic } from '../../sys/files/files.ts';
import { namesIn } from '../../sys/files/folders.ts';
import { linked, readFormer } from './former.ts';
import { computerPaths, generationPaths, instancePaths } from './layout.ts';

const MAX_STATE_BYTES = 64 << 20;

/** `instance.json`: what stays with a machine on this computer, whatever is installed over it. */
export const InstanceFile = z.strictObject({
  format: z.literal(1),
  vm: z.string().regex(VM_NAME),
  vmId: z.uuid(),
  /** The machine’s number on this computer; its addresses and its user follow from it. */
  number: z.int().min(0).max(16383),
  mac: z.string().regex(/^52:54:00(:[0-9a-f]{2}){3}$/),
  uuid: z.uuid(),
});
export type InstanceFile = z.infer<typeof InstanceFile>;

/** `generation.json`: one installed state of the machine. */
export const GenerationFile = z.strictObject({
  format: z.literal(1),
  generation: z.int().min(1),
  package: z.string(),
  project: z.strictObject({ fingerprint: Sha256, name: z.string() }),
  policyServer: z.url().exactOptional(),
  notes: Notes.exactOptional(),
  machine: PackedMachine,
});
export type GenerationFile = z.infer<typeof GenerationFile>;

/** A machine that is installed on this computer, in the state the next start uses. */
export interface Instance {
  state: string;
  file: InstanceFile;
  current: GenerationFile;
  /** The generation that a roll back leads to. */
  former: number | undefined;
}

/** All installed machines, by name. @throws FILE_INVALID when one cannot be read */
export async function readInstances(state: string): Promise<Instance[]> {
  const instances = await Promise.all((await instanceNames(state)).map((name) => readIfInstalled(state, name)));
  return instances.filter((instance) => instance !== undefined);
}

/** The names of all machines, also of those whose first installation was interrupted. */
export async function instanceNames(state: string): Promise<string[]> {
  return (await namesIn(computerPaths(state).instances)).filter((name) => VM_NAME.test(name));
}

/** @throws VM_UNKNOWN, FILE_INVALID */
export async function openInstance(state: string, vm: string): Promise<Instance> {
  const instance = VM_NAME.test(vm) ? await readIfInstalled(state, vm) : undefined;
  if (!instance) throw new AppError('VM_UNKNOWN', `no machine ${vm} is installed here`);
  return instance;
}

/** A machine, or undefined when none of that name is installed whole. @throws FILE_INVALID */
export async function readIfInstalled(state: string, vm: string): Promise<Instance | undefined> {
  const paths = instancePaths(state, vm);
  const current = await readCurrent(state, vm);
  if (current === undefined) return undefined;
  const file = await readState(paths.file, InstanceFile);
  const former = await readFormer(state, vm, current);
  return { state, file, current: await readGeneration(state, vm, current), former };
}

/** The generation that a machine’s next start uses, or undefined when none was ever installed whole. */
export function readCurrent(state: string, vm: string): Promise<number | undefined> {
  return linked(instancePaths(state, vm).current);
}

/** The numbers that machines of this computer have, also those whose first installation was interrupted. */
export async function instanceNumbers(state: string): Promise<Set<number>> {
  const files = (await instanceNames(state)).map((vm) => instancePaths(state, vm).file);
  const there = await Promise.all(files.map(async (path) => ((await isThere(path)) ? [path] : [])));
  const numbers = there.flat().map(async (path) => (await readState(path, InstanceFile)).number);
  return new Set(await Promise.all(numbers));
}

export async function readGeneration(state: string, vm: string, generation: number): Promise<GenerationFile> {
  return readState(generationPaths(state, vm, generation).file, GenerationFile);
}

/** A JSON file that we wrote ourselves. @throws FILE_MISSING, FILE_INVALID */
export async function readState<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const bytes = await readCapped(path, MAX_STATE_BYTES);
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new AppError('FILE_INVALID', `${path} is damaged`, { cause, details: { path } });
  }
}

export async function writeState(path: string, value: object): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value)}\n`, 0o600);
}
