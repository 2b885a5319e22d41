import { digestFile, isThere } from '../../sys/files/files.ts';
import { freeBytes, makeFolder, namesIn } from '../../sys/files/folders.ts';
import { scriptOfDisks } from '../opening/script-output.ts';
import type { ComputerFacts, InstalledMachine } from '../plan/plan.ts';
import type { PolicyFacts } from '../plan/plan-policies.ts';
import { readSnapshots, snapshotIds } from '../snapshots/snapshots.ts';
import { readFloor } from './floor.ts';
import { knownHostPolicy } from './host-policy.ts';
import { instanceNames, isDamage } from './instances.ts';
import { computerPaths, filePath, generationPaths, instancePaths } from './layout.ts';
import { lockedLayers } from './machine/chain.ts';
import { examine, type Found } from './machine/damage.ts';
import { hasDiskKey, isLocked } from './machine/locked.ts';
import { ownerOf } from './machine/owner.ts';
import { proven } from './machine/proven.ts';
import { readPolicy } from './policies.ts';
import { readResources } from './resources.ts';
import { stagedBytes } from './wanted.ts';

/** Looks at this computer. `running` has the generation that each running machine runs. */
export async function computerFacts(
  state: string,
  running: ReadonlyMap<string, number>,
  now: number,
): Promise<ComputerFacts> {
  const paths = computerPaths(state);
  await makeFolder(state, 0o700);
  const names = await namesIn(paths.layers);
  const host = await knownHostPolicy(state);
  const { isDamaged } = await proven(state);
  const good = (digests: string[]) => new Set(digests.filter((sha256) => !isDamaged(sha256)));
  const machines = (await instanceNames(state)).map((vm) => machineFacts(state, vm, running));
  return {
    machines: (await Promise.all(machines)).filter((machine) => machine !== undefined),
    layers: good(digestsOf(names, '.qcow2')),
    flattened: good(digestsOf(names, '.flat.qcow2')),
    files: good(await namesIn(paths.files)).difference(await changedResources(state)),
    packed: new Set(await namesIn(paths.packed)),
    staged: await stagedBytes(state),
    freeBytes: await freeBytes(state),
    ...(host ? { host } : {}),
    minGeneration: await readFloor(state),
    now,
  };
}

async function machineFacts(
  state: string,
  vm: string,
  running: ReadonlyMap<string, number>,
): Promise<InstalledMachine | undefined> {
  const found = await examine(state, vm);
  if (!found) return undefined;
  const runs = running.get(vm);
  const locked = (await isLocked(state, vm)) ? { locked: await lockedDigests(state, vm) } : {};
  const usual = {
    ...locked,
    ...{ vm, owner: await ownerOf(state, vm), hasDataDisk: await isThere(instancePaths(state, vm).data) },
    ...(runs === undefined ? {} : { runs }),
    ...(found.damage ? { damage: found.damage } : {}),
  };
  const standsOn = (await snapshotIds(state, vm)).length > 0 ? { standsOnSnapshots: true as const } : {};
  const snapshots = (await readSnapshots(state, vm)).map(({ name, generation }) => ({ name, generation }));
  if (!('instance' in found)) return { ...usual, vmId: found.vmId, generation: found.generation ?? 0 };
  const { file, current } = found.instance;
  const isSuspended = await isThere(generationPaths(state, vm, current.generation).suspended);
  return {
    ...usual,
    vmId: file.vmId,
    generation: current.generation,
    snapshots,
    ...standsOn,
    ...(isSuspended ? { suspended: true } : {}),
    policy: await policyFacts(state, found),
  };
}

/** Its encrypted layers; one file in place of many has the newest one’s name. */
async function lockedDigests(state: string, vm: string): Promise<Required<InstalledMachine>['locked']> {
  const names = await namesIn(lockedLayers(state, vm).folder);
  const [layers, flattened] = [new Set(digestsOf(names, '.luks')), new Set(digestsOf(names, '.flat.luks'))];
  const script = await scriptOfDisks(state, vm);
  return { layers, flattened, hasKey: await hasDiskKey(state, vm), ...(script === undefined ? {} : { script }) };
}

/** A policy that cannot be read counts as older than any package of the machine’s own generation. */
async function policyFacts(state: string, { instance: { file, current } }: Found): Promise<PolicyFacts> {
  const { vm, vmId } = file;
  try {
    const { generation, document } = await readPolicy(state, vm);
    return { vm, vmId, policyGeneration: generation, policy: document };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { vm, vmId, policyGeneration: current.generation - 1, policy: current.machine.policy };
  }
}

/** Resources that are not what a package brought any more: whoever installs it again gets them anew. */
async function changedResources(state: string): Promise<Set<string>> {
  const changed = new Set<string>();
  for (const { sha256 } of await readResources(state).catch(noneIfDamaged)) {
    const path = filePath(state, sha256);
    if ((await isThere(path)) && (await digestFile(path)).sha256 !== sha256) changed.add(sha256);
  }
  return changed;
}

function noneIfDamaged(error: unknown): [] {
  if (!isDamage(error)) throw error;
  return [];
}

/** What stands before `ending` in the names that are a digest and that ending. */
function digestsOf(names: readonly string[], ending: string): string[] {
  return names
    .filter((name) => name.length === 64 + ending.length && name.endsWith(ending))
    .map((name) => name.slice(0, 64));
}
