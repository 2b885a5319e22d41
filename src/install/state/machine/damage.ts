import type { LayerEntry } from '../../../layer/entry.ts';
import { AppError } from '../../../lib/errors.ts';
import { bootFiles } from '../../../package/boot-files.ts';
import { isThere } from '../../../sys/files/files.ts';
import { requireSeals } from '../../seals/mend-seal.ts';
import { dataBelow, systemBelow } from '../../snapshots/snapshots.ts';
import {
  type GenerationFile,
  type Instance,
  InstanceFile,
  isDamage,
  readCurrent,
  readGeneration,
  readIfInstalled,
  readIfWhole,
} from '../instances.ts';
import { filePath, generationPaths, instancePaths } from '../layout.ts';
import { readPolicy } from '../policies.ts';
import { requireChain, usedLayers } from './chain.ts';
import { isLocked, layersNowhere } from './locked.ts';
import { proven } from './proven.ts';
import { readCounter, readReported } from './reported.ts';
import { requireTerm } from './term.ts';

/** What is wrong with a machine, and whether it is mended around its system disk, which the user may have changed. */
export interface Damage {
  failure: AppError;
  keepsSystem: boolean;
  /** It is what a check found, of bytes that are there. */
  isProven?: true;
}

/** A machine that can be read, with what keeps it from starting all the same. */
export interface Found {
  instance: Instance;
  damage?: Damage;
}

/** A machine that cannot be read, and what is known of it by other files. */
export interface Unread {
  vm: string;
  vmId?: string;
  /** What its link names. */
  generation?: number;
  damage: Damage;
}

/** A machine as far as it can be read; undefined when none of that name was ever installed whole. */
export async function examine(state: string, vm: string): Promise<Found | Unread | undefined> {
  try {
    const instance = await readIfInstalled(state, vm);
    if (!instance) return undefined;
    const damage = await damageOf(instance);
    return damage ? { instance, damage } : { instance };
  } catch (failure) {
    if (!isDamage(failure)) throw failure;
    return { vm, ...(await knownOf(state, vm)), damage: { failure, keepsSystem: false } };
  }
}

/** All that a start needs of a machine that can be read. @throws nothing that is damage */
async function damageOf(instance: Instance): Promise<Damage | undefined> {
  const { state, file, current } = instance;
  const { overlay, variables } = generationPaths(state, file.vm, current.generation);
  const own = current.machine.firmware === 'uefi' ? [overlay, variables] : [overlay];
  const isWritten = !(await isUnwritten(instance));
  return (
    (await failureOf(async () => requireThere([...(isWritten ? own : []), ...(await below(instance))]), false)) ??
    (await failureOf(() => requireAround(instance, current), true)) ??
    (await provenDamage(instance))
  );
}

/** Its disks are written at its next opening. */
function isUnwritten({ state, file, current }: Instance): Promise<boolean> {
  return isThere(generationPaths(state, file.vm, current.generation).unwritten);
}

/** The disks of snapshots that those of a machine stand on. @throws STATE_DAMAGED */
async function below({ state, file: { vm }, current }: Instance): Promise<string[]> {
  return [...(await systemBelow(state, vm, current.generation)), ...(await dataBelow(state, vm))];
}

/** What lies around the system disk. @throws STATE_DAMAGED */
async function requireAround(instance: Instance, { generation, machine }: GenerationFile) {
  const { state, file } = instance;
  const { vm, vmId } = file;
  const { expiration } = (await readPolicy(state, vm)).document.policy;
  if (expiration && expiration.type !== 'never') await requireTerm({ state, vm, vmId }, generation);
  await readReported(state, vm, generation);
  await readCounter(state, vm);
  await requireSeals(state, vm, generation);
  await ((await isLocked(state, vm))
    ? requireSomewhere(state, vm, machine.layers)
    : requireLayers(state, machine.layers));
  const files = bootFiles(machine).map(({ sha256 }) => filePath(state, sha256));
  const hasData = machine.dataDiskMiB !== undefined && !(await isUnwritten(instance));
  const data = hasData ? [instancePaths(state, vm).data] : [];
  await requireThere([...files, ...data]);
}

async function provenDamage({ state, current: { machine } }: Instance): Promise<Damage | undefined> {
  const { isDamaged } = await proven(state);
  const used = [...(await usedLayers(state, machine.layers)), ...bootFiles(machine)];
  const wrong = used.find(({ sha256 }) => isDamaged(sha256));
  if (!wrong) return undefined;
  const failure = new AppError('STATE_DAMAGED', `${wrong.sha256} is not as it was signed, as a check found`);
  return { failure, keepsSystem: true, isProven: true };
}

async function requireLayers(state: string, layers: readonly { sha256: string }[]): Promise<void> {
  try {
    await requireChain(state, layers);
  } catch (cause) {
    if (!(cause instanceof AppError && cause.code === 'LAYER_BASE_MISSING')) throw cause;
    throw new AppError('STATE_DAMAGED', 'a layer of its system disk is missing', { cause });
  }
}

async function requireSomewhere(state: string, vm: string, layers: readonly LayerEntry[]): Promise<void> {
  if ((await layersNowhere(state, vm, layers)).length > 0)
    throw new AppError('STATE_DAMAGED', 'a layer of its system disk is missing');
}

async function requireThere(paths: readonly string[]): Promise<void> {
  for (const path of paths)
    if (!(await isThere(path))) throw new AppError('STATE_DAMAGED', `${path} is missing`, { details: { path } });
}

async function failureOf(check: () => Promise<void>, keepsSystem: boolean): Promise<Damage | undefined> {
  try {
    await check();
    return undefined;
  } catch (failure) {
    if (isDamage(failure)) return { failure, keepsSystem };
    throw failure;
  }
}

/** What other files say of a machine that cannot be read. */
async function knownOf(state: string, vm: string): Promise<Pick<Unread, 'vmId' | 'generation'>> {
  const generation = await readCurrent(state, vm);
  const or = <T>(work: Promise<T>) => work.catch(orNothing);
  const file = await readIfWhole(instancePaths(state, vm).file, InstanceFile);
  const installed = generation === undefined ? undefined : await or(readGeneration(state, vm, generation));
  const vmId = file?.vmId ?? installed?.machine.id ?? (await or(readPolicy(state, vm)))?.document.vmId;
  return {
    ...(vmId === undefined ? {} : { vmId }),
    // A link that leads nowhere says nothing.
    ...(generation !== undefined && (await isThere(generationPaths(state, vm, generation).folder))
      ? { generation }
      : {}),
  };
}

function orNothing(error: unknown): undefined {
  if (!isDamage(error)) throw error;
}
