import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { failsAs } from '../../../lib/failures.ts';
import type { Steps } from '../../../lib/steps.ts';
import type { PackageManifest, PackedMachine } from '../../../package/manifest.ts';
import type { PolicyDocument } from '../../../policy/schema.ts';
import type { Reported } from '../../../quarantine/versions/origin.ts';
import { removeFile } from '../../../sys/files/files.ts';
import { makeFolder, moveFolder, removeFolder, replaceLink } from '../../../sys/files/folders.ts';
import { makeUefiVariables } from '../../../sys/files/uefi-firmware.ts';
import { makeDiskOnce } from '../../../sys/programs/qemu-img.ts';
import { writeMark } from '../../seals/mark.ts';
import { mendSeals } from '../../seals/mend-seal.ts';
import { beginFormer, settleFormer } from '../../state/former.ts';
import {
  InstanceFile,
  instanceNumbers,
  isDamage,
  NUMBERS,
  readCurrent,
  readIfInstalled,
  readIfWhole,
  readState,
  removeState,
  writeState,
} from '../../state/instances.ts';
import { generationPaths, instancePaths } from '../../state/layout.ts';
import { encrypts, hasDiskKey } from '../../state/machine/locked.ts';
import { ROOT } from '../../state/machine/owner.ts';
import { notePlace } from '../../state/machine/place.ts';
import { readCounter, readReported, writeReported } from '../../state/machine/reported.ts';
import { beginConfiguration, seals, settleConfiguration } from '../../state/machine/settle-configuration.ts';
import { mendTerm, noteStart } from '../../state/machine/term.ts';
import { readTrial, writeTrial } from '../../state/machine/trial.ts';
import { type BroughtPolicy, readPolicy, settleSeal, writePolicy } from '../../state/policies.ts';

export const MIB = 1 << 20;

/** Whose a machine is to be that has none yet. */
export type NewOwner = number | 'everybody';

export interface SwitchOptions {
  state: string;
  /** Keeps the machine’s present generation, so that it can be rolled back to. */
  keepOld: boolean;
  owner?: NewOwner;
  /** The trusted time in milliseconds. */
  now: number;
  /** What is here of the machine cannot be started, and is nothing to go back to. */
  isDamaged?: boolean;
  steps: Steps;
}

/**
 * Makes a machine’s new generation, whose layers and files are all here, and lets its next start use it. Before the link
 * `current` is switched the machine has its old state, afterwards its new one.
 * @throws DISK_FULL
 */
export async function switchMachine(
  manifest: PackageManifest,
  machine: PackedMachine,
  { state, keepOld, owner, now, isDamaged = false, steps }: SwitchOptions,
): Promise<void> {
  const { name } = machine;
  const { generation } = manifest;
  const instance = instancePaths(state, name);
  await makeFolder(instance.folder, 0o700);
  const isSealed = seals(machine.policy.policy);
  await mendSeals(state, name);
  await beginConfiguration(state, name, isSealed);
  const before = await readCurrent(state, name);
  const isFirst = before === undefined && !isDamaged;
  if (isFirst) await writeState(instance.first, { format: 1 });
  await makeFolder(instance.generations, 0o700);
  const known = await readIfWhole(instance.file, InstanceFile);
  // What another user began to install, and did not end, has nothing of his in it.
  if (!known || isFirst) {
    const { owner: _other, ...file } = known ?? (await newInstance(state, machine));
    await writeState(instance.file, { ...file, ...ownerField(owner ?? (isFirst ? 'everybody' : ROOT)) });
  }
  await mendCounter(state, name);
  await steps(`${name}: instance`);
  const isLocked = encrypts(machine.policy.policy) || (await hasDiskKey(state, name));
  if (machine.dataDiskMiB !== undefined && !isLocked) await makeDiskOnce(instance.data, machine.dataDiskMiB * MIB);
  await steps(`${name}: data disk`);
  await makeGeneration(state, manifest, machine, isLocked);
  await steps(`${name}: generation`);
  const subject = { state, vm: name, vmId: machine.id };
  await noteStart(subject, generation, now);
  // It stays the first one’s: a copied machine is none that runs here because an update came.
  if (isFirst) await notePlace(subject);
  await steps(`${name}: term`);
  if (before !== undefined) await settleFormer(state, name, before);
  const isReplaced = before !== undefined && before !== generation && !isDamaged;
  const isOnTrial = isReplaced && machine.policy.policy.updates !== undefined;
  if (isOnTrial) await writeTrial(state, name, generation, { format: 1, keepOld, starts: 0 });
  await writePolicy(state, name, broughtPolicy(manifest, machine.policy));
  await steps(`${name}: policy`);
  const isKept = isReplaced && (keepOld || isOnTrial);
  if (isKept) await keepFormer(state, name, before);
  await steps(`${name}: former`);
  await replaceLink(instance.current, join('generations', `${generation}`));
  await steps(`${name}: switched`);
  await writeMark(state, machine.id, now);
  await settleConfiguration(state, name, isSealed);
  await steps(`${name}: sealed`);
  if (isKept) await settleFormer(state, name, generation);
  else await removeFile(instance.former);
  await removeFile(instance.first);
}

/**
 * Mends what lies around a machine’s system disk, which stays: its policy, its data disk where that was lost, the version and
 * the counter of reports where they cannot be read. Its layers and files are here.
 */
export async function mendMachine(
  manifest: PackageManifest,
  machine: PackedMachine,
  { state, now, steps }: Pick<SwitchOptions, 'state' | 'now' | 'steps'>,
): Promise<void> {
  const { name } = machine;
  const instance = instancePaths(state, name);
  const { generation } = manifest;
  await mendSeals(state, name);
  if (encrypts(machine.policy.policy) || (await hasDiskKey(state, name)))
    await writeState(generationPaths(state, name, generation).unwritten, { format: 1 });
  else if (machine.dataDiskMiB !== undefined) await makeDiskOnce(instance.data, machine.dataDiskMiB * MIB);
  if (await failsAs(readPolicy(state, name), isDamage))
    await writePolicy(state, name, broughtPolicy(manifest, machine.policy));
  // The disk is at this version, or at a newer one.
  if (await failsAs(readReported(state, name, generation), isDamage))
    await writeReported(state, name, generation, versionOf(machine));
  await mendCounter(state, name);
  const madeAt = Date.parse(manifest.createdAt);
  await mendTerm({ state, vm: name, vmId: machine.id }, generation, { madeAt, now });
  await settleSeal(state, name);
  await steps(`${name}: mended`);
}

/** Where the counter of signed reports is lost, the machine becomes another: signatures for it could be used again. */
async function mendCounter(state: string, vm: string): Promise<void> {
  const { file, reports } = instancePaths(state, vm);
  if (!(await failsAs(readCounter(state, vm), isDamage))) return;
  await writeState(file, { ...(await readState(file, InstanceFile)), uuid: randomUUID() });
  await removeState(reports);
}

/** The version that a package says its disk is at. */
export function versionOf({ descriptor }: PackedMachine): Reported | undefined {
  return descriptor === undefined ? undefined : { descriptor, origin: 'package' };
}

/** Keeps the present generation as the former one; but one that never proved itself is nothing to go back to. */
async function keepFormer(state: string, vm: string, present: number): Promise<void> {
  const instance = await readIfInstalled(state, vm);
  const isUnproved = (await readTrial(state, vm, present)) !== undefined;
  if (isUnproved && instance?.former !== undefined) return;
  await beginFormer(state, vm, present);
}

/** A package’s policy as it is kept with the machine. */
export function broughtPolicy(
  { generation, policyServer }: PackageManifest,
  document: PolicyDocument,
): Omit<BroughtPolicy, 'format'> {
  return { generation, document, ...(policyServer === undefined ? {} : { policyServer }) };
}

/** Disks that are encrypted are written at the machine’s next opening: here nobody knows what opens them. */
async function makeGeneration(
  state: string,
  manifest: PackageManifest,
  machine: PackedMachine,
  isLocked: boolean,
): Promise<void> {
  const { generation, project, policyServer, notes } = manifest;
  const target = generationPaths(state, machine.name, generation);
  // A generation that no link names yet is what an interrupted installation left.
  await removeFolder(target.folder);
  const beside = `${target.folder}.tmp`;
  await removeFolder(beside);
  await makeFolder(beside, 0o700);
  // It names no layer below: whoever opens it says which (layer §1.3).
  if (isLocked) await writeState(join(beside, 'unwritten'), { format: 1 });
  else await makeDiskOnce(join(beside, 'overlay.qcow2'), machine.layers.at(-1)?.virtualBytes ?? 0);
  // The firmware’s own settings begin anew with each generation.
  if (machine.firmware === 'uefi' && !isLocked)
    await makeUefiVariables(join(beside, 'variables.fd'), { isSecure: machine.secureBoot });
  await writeState(join(beside, 'generation.json'), {
    format: 1,
    generation,
    package: manifest.name,
    project,
    ...(policyServer === undefined ? {} : { policyServer }),
    ...(notes === undefined ? {} : { notes }),
    machine,
  });
  await moveFolder(beside, target.folder);
  await writeReported(state, machine.name, generation, versionOf(machine));
}

/** A machine whose owner was lost has a data disk that was somebody’s: it is root’s, if he does not say whose. */
function ownerField(owner: NewOwner): Pick<InstanceFile, 'owner'> {
  return owner === 'everybody' ? {} : { owner };
}

async function newInstance(state: string, { name, id }: PackedMachine): Promise<InstanceFile> {
  const { taken, isUnread } = await instanceNumbers(state);
  // A number that cannot be read is a low one, for they are given from below: the new one comes from above.
  const numbers = Array.from({ length: NUMBERS }, (_none, at) => (isUnread ? NUMBERS - 1 - at : at));
  const number = numbers.find((each) => !taken.has(each)) ?? 0;
  const mac = ['52', '54', '00', ...[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
  return { format: 1, vm: name, vmId: id, number, mac, uuid: randomUUID() };
}
