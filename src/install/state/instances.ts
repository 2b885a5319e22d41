import { z } from 'zod';
import { Sha256 } from '../../layer/entry.ts';
import { AppError } from '../../lib/errors.ts';
import { Notes, PackedMachine } from '../../package/manifest.ts';
import { VM_NAME } from '../../policy/schema.ts';
import { isThere } from '../../sys/files/files.ts';
import { namesIn } from '../../sys/files/folders.ts';
import { removeConfiguration } from '../seals/numbering.ts';
import { linked, readFormer } from './former.ts';
import { computerPaths, generationPaths, instancePaths } from './layout.ts';
import { isSealFailure, readConfiguration, writeConfiguration } from './machine/configuration.ts';

/** How many machines a computer may have. */
export const NUMBERS = 16384;

/** `instance.json`: what stays with a machine on this computer, whatever is installed over it. */
export const InstanceFile = z.strictObject({
  format: z.literal(1),
  vm: z.string().regex(VM_NAME),
  vmId: z.uuid(),
  /** The machine’s number on this computer; its addresses and its user follow from it. */
  number: z
    .int()
    .min(0)
    .max(NUMBERS - 1),
  mac: z.string().regex(/^52:54:00(:[0-9a-f]{2}){3}$/),
  uuid: z.uuid(),
  /** The number of the user whose it is; without it, it is everybody’s. */
  owner: z
    .int()
    .min(0)
    .max(2 ** 32 - 2)
    .exactOptional(),
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

/** All installed machines that can be read, by name. */
export async function readInstances(state: string): Promise<Instance[]> {
  return (await surveyInstances(state)).whole;
}

/** The machines of this computer: those that can be read, and those that cannot, each with what is wrong. */
export interface Survey {
  whole: Instance[];
  damaged: { vm: string; failure: AppError }[];
}

/** Looks at all machines; one that is damaged does not hide the others. */
export async function surveyInstances(state: string): Promise<Survey> {
  const survey: Survey = { whole: [], damaged: [] };
  const looks = (await instanceNames(state)).map(async (vm) => ({ vm, found: await lookAt(state, vm) }));
  for (const { vm, found } of await Promise.all(looks)) {
    if (found instanceof AppError) survey.damaged.push({ vm, failure: found });
    else if (found) survey.whole.push(found);
  }
  return survey;
}

function lookAt(state: string, vm: string): Promise<Instance | AppError | undefined> {
  return readIfInstalled(state, vm).catch((error: unknown) => {
    if (isDamage(error)) return error;
    throw error;
  });
}

/** The names of all machines, also of those whose first installation was interrupted. */
export async function instanceNames(state: string): Promise<string[]> {
  return (await namesIn(computerPaths(state).instances)).filter((name) => VM_NAME.test(name));
}

/** @throws VM_UNKNOWN, STATE_DAMAGED */
export async function openInstance(state: string, vm: string): Promise<Instance> {
  const instance = VM_NAME.test(vm) ? await readIfInstalled(state, vm) : undefined;
  if (!instance) throw unknownMachine(vm);
  return instance;
}

/** The one answer for a machine that is not there, and for one that is another user’s. */
export function unknownMachine(vm: string): AppError {
  return new AppError('VM_UNKNOWN', `no machine ${vm} is installed here`);
}

/** A machine, or undefined when none of that name was ever installed whole. @throws STATE_DAMAGED */
export async function readIfInstalled(state: string, vm: string): Promise<Instance | undefined> {
  const paths = instancePaths(state, vm);
  const current = await readCurrent(state, vm);
  if (current === undefined) {
    if (await isBegun(state, vm)) return undefined;
    throw new AppError('STATE_DAMAGED', `${paths.current} is missing`, { details: { path: paths.current } });
  }
  const file = await readState(paths.file, InstanceFile);
  const former = await readFormer(state, vm, current);
  return { state, file, current: await readGeneration(state, vm, current), former };
}

/** Whether a machine without a `current` link is one whose first installation did not come to its end. */
async function isBegun(state: string, vm: string): Promise<boolean> {
  const { folder, first } = instancePaths(state, vm);
  return (await isThere(first)) || (await namesIn(folder)).every((name) => name.startsWith('.'));
}

/** The generation that a machine’s next start uses, or undefined when none was ever installed whole. */
export function readCurrent(state: string, vm: string): Promise<number | undefined> {
  return linked(instancePaths(state, vm).current);
}

/**
 * The numbers that machines of this computer have, also those whose first installation was interrupted, and whether one has a
 * number that cannot be read.
 */
export async function instanceNumbers(state: string): Promise<{ taken: Set<number>; isUnread: boolean }> {
  const looks = (await instanceNames(state)).map(async (vm) => {
    const { file, current } = instancePaths(state, vm);
    const number = (await readIfWhole(file, InstanceFile))?.number;
    return { number, isUnread: number === undefined && ((await isThere(file)) || (await isThere(current))) };
  });
  const found = await Promise.all(looks);
  return {
    taken: new Set(found.flatMap(({ number }) => number ?? [])),
    isUnread: found.some(({ isUnread }) => isUnread),
  };
}

/** @throws STATE_DAMAGED */
export async function readGeneration(state: string, vm: string, generation: number): Promise<GenerationFile> {
  return readState(generationPaths(state, vm, generation).file, GenerationFile);
}

/** A JSON file that we wrote ourselves. @throws STATE_DAMAGED (also when it is missing), SEAL_*, FILE_DENIED */
export async function readState<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const details = { path };
  const bytes = await readConfiguration(path).catch((cause: unknown) => {
    if (!(cause instanceof AppError && Object.hasOwn(UNREADABLE, cause.code))) throw cause;
    throw new AppError('STATE_DAMAGED', `${path} ${UNREADABLE[cause.code as keyof typeof UNREADABLE]}`, {
      ...{ cause, details },
    });
  });
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new AppError('STATE_DAMAGED', `${path} is damaged`, { cause, details });
  }
}

const UNREADABLE = {
  FILE_MISSING: 'is missing',
  FILE_INVALID: 'is not an ordinary file',
  FILE_TOO_LARGE: 'is damaged',
};

/** The same of a file that only saves work: one that is missing or damaged counts as none. */
export async function readIfWhole<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return await readState(path, schema);
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

export function isDamage(error: unknown): error is AppError {
  return error instanceof AppError && (error.code === 'STATE_DAMAGED' || isSealFailure(error));
}

export async function writeState(path: string, value: object): Promise<void> {
  await writeConfiguration(path, `${JSON.stringify(value)}\n`);
}

/** Removes a file that `writeState` wrote, if it is there. */
export async function removeState(path: string): Promise<void> {
  await removeConfiguration(path);
}
