import { checkWorkHeader } from '../layer/chain/qcow2.ts';
import { AppError } from '../lib/errors.ts';
import { failuresOf } from '../lib/failures.ts';
import { asksAccounts } from '../policy/devices.ts';
import { NEVER } from '../policy/expiration.ts';
import { isOverAtOnce } from '../policy/parts/term.ts';
import { isLookedUp, type Quarantine } from '../policy/quarantine.ts';
import { type Doubt, type Warning, warningAbout } from '../policy/reading/warning.ts';
import type { MachinePolicy } from '../policy/schema.ts';
import { projectPaths, vmPaths } from '../project/layout.ts';
import type { Project, ProjectVm } from '../project/open.ts';
import type { VmFile } from '../project/schema.ts';
import { narrowerDoubts } from '../quarantine/lists/narrower.ts';
import { unreachableDoubts } from '../quarantine/lists/unreachable.ts';
import { systemClock } from '../sys/clock.ts';
import { isThere } from '../sys/files/files.ts';
import { publishedManifests } from './build/published.ts';
import { layersBelowWork, releaseEntries } from './build/releases.ts';
import { missingPlugins, wrongResources } from './build/resources.ts';
import type { PackageManifest } from './manifest.ts';

/** A failure, and the machine that it is about. */
export interface FoundProblem {
  vm?: string;
  error: AppError;
}

/** What a check looks at that whoever checks again and again may have kept. */
export interface Looks {
  /** The manifests of the packages so far, oldest first. @throws PROJECT_INVALID where one is damaged */
  packages: (folder: string) => Promise<readonly PackageManifest[]>;
  /** What an administrator may not have meant in a quarantine. */
  doubts: (quarantine: Quarantine) => readonly Doubt[];
}

export const LOOK_ANEW: Looks = {
  packages: (folder) => publishedManifests(projectPaths(folder).packages),
  doubts: (quarantine) => [...narrowerDoubts(quarantine), ...unreachableDoubts(quarantine)],
};

/**
 * All that deploy or package would refuse, whatever either is asked for, and what the administrator may not have meant.
 * @throws PROJECT_INVALID where a published package is damaged
 */
export async function checkAll(
  project: Project,
  looks = LOOK_ANEW,
): Promise<{ problems: FoundProblem[]; warnings: Warning[] }> {
  const { vms } = project;
  const earlier = await looks.packages(project.folder);
  const ofProject = async (check: () => unknown) => (await failuresOf([check])).map((error) => ({ error }));
  const ofMachines = async (check: (vm: ProjectVm) => Promise<AppError[]>) => {
    const problems: FoundProblem[] = [];
    for (const vm of vms) for (const error of await check(vm)) problems.push({ vm: vm.name, error });
    return problems;
  };
  const problems = [
    ...(await ofProject(() => requireRecoveryKey(project, earlier))),
    ...(await ofMachines((vm) => policyProblems(project, [vm]))),
    ...(await ofMachines((vm) => machineProblems(project, [vm]))),
    ...(await ofProject(() => requireResources(project))),
  ];
  return { problems, warnings: vms.flatMap((vm) => policyNotes(project, vm, looks)) };
}

/** What stands against handing out these machines’ policies, by whatever way: DOMAIN_UNSET, RECOVERY_KEY_MISSING, PLUGIN_MISSING. */
export async function policyProblems(project: Project, vms: readonly ProjectVm[]): Promise<AppError[]> {
  const undomained = await failuresOf(vms.map((vm) => () => requireDomain(project, vm)));
  const unrecoverable = await failuresOf(vms.map((vm) => () => requireRecoverable(project, vm)));
  return [...undomained, ...unrecoverable, ...(await missingPlugins(project, vms))];
}

/** @throws DOMAIN_UNSET */
function requireDomain({ file }: Project, { name, policy }: ProjectVm): void {
  const { authentication, devices } = policy.value;
  const isOpenedSo = authentication?.type === 'users-and-groups';
  if ((!isOpenedSo && !asksAccounts(devices)) || file.value.domain !== undefined) return;
  throw new AppError(
    'DOMAIN_UNSET',
    `${name}: users and groups ${isOpenedSo ? 'open it' : 'connect its devices'}, and the project names no domain that they are of`,
  );
}

/** @throws RECOVERY_KEY_MISSING */
function requireRecoverable({ file }: Project, { name, policy }: ProjectVm): void {
  if (!policy.value.encryption?.recovery || file.value.recoveryKey !== undefined) return;
  throw new AppError(
    'RECOVERY_KEY_MISSING',
    `${name}: its policy allows recovery, and the project has no recovery key`,
  );
}

/** What stands against packing these machines themselves: VM_SUSPENDED, VM_FILE_MISSING, DISK_INVALID, LAYER_INVALID, PROJECT_INVALID. */
export function machineProblems(project: Project, vms: readonly ProjectVm[]): Promise<AppError[]> {
  const checks = vms.flatMap((vm) => {
    const { suspended, work } = vmPaths(project.folder, vm.name);
    return [
      () => requirePowerOff(vm.name, suspended),
      () => requireFiles(project, vm),
      async () => {
        if (await isThere(work)) checkWorkHeader(work);
      },
      () => releaseEntries(project.folder, vm.name),
      () => layersBelowWork(project.folder, vm.name),
    ];
  });
  return failuresOf(checks);
}

/** What the administrator may not have meant in a machine’s policy. */
export function policyNotes(
  project: Project,
  { name, file, policy }: ProjectVm,
  { doubts } = LOOK_ANEW,
  now = systemClock,
): Warning[] {
  const { quarantine } = policy.value;
  const isAlone = isLookedUp(quarantine) && project.file.value.policyServer === undefined;
  const doubt = (code: Doubt['code'], text: string): Doubt => ({ code, text, parts: {} });
  const alone = isAlone
    ? [doubt('no-policy-server', 'the project names no policy server, so the machine will stay restricted')]
    : [];
  const nobody = isNobodyListed(policy.value)
    ? [doubt('nobody-listed', 'its list has no users and no groups, so nobody can open it')]
    : [];
  const own = [...alone, ...nobody, ...overDoubts(policy.value, now()), ...deviceDoubts(policy.value, file.value)];
  return [...own, ...doubts(quarantine)].map((each) => warningAbout(name, each));
}

/** Whoever gets it could not start it once. */
function overDoubts({ expiration = NEVER }: MachinePolicy, now: number): Doubt[] {
  if (expiration.type !== 'date' || !isOverAtOnce(expiration, now)) return [];
  const { date } = expiration;
  const text = `its time was over with ${date}, so nobody can start it`;
  return [{ code: 'time-over', text, parts: { date } }];
}

/** Who may connect a device that the machine has not: a name that is written in another way, mostly. */
function deviceDoubts({ devices = {} }: MachinePolicy, { devices: has = {} }: VmFile): Doubt[] {
  return Object.entries(devices)
    .filter(([device, { type }]) => type !== 'nobody' && !Object.hasOwn(has, device))
    .map(([device]) => {
      const text = `its policy says who may connect “${device}”, and it has no such device`;
      return { code: 'device-missing', text, parts: { device } };
    });
}

function isNobodyListed({ authentication }: MachinePolicy): boolean {
  return (
    authentication?.type === 'users-and-groups' && authentication.users.length + authentication.groups.length === 0
  );
}

/** The recovery key stays what the first package that had one said (D43). @throws RECOVERY_KEY_FIXED */
export function requireRecoveryKey(project: Project, earlier: readonly PackageManifest[]): void {
  const known = earlier.find((manifest) => manifest.recoveryKey !== undefined)?.recoveryKey;
  const { recoveryKey } = project.file.value;
  if (known === undefined || known === recoveryKey) return;
  const what = `packages of this project were made with ${known}; now it is ${recoveryKey ?? 'none'}`;
  throw new AppError('RECOVERY_KEY_FIXED', what);
}

/** @throws PROJECT_INVALID where `resources/` has a name that not every system can have */
export async function requireResources(project: Project): Promise<void> {
  const wrong = await wrongResources(project);
  if (wrong.length > 0) throw new AppError('PROJECT_INVALID', `resources: ${wrong.join('; ')}`);
}

/** What is in its memory is in none of its disks. @throws VM_SUSPENDED */
export async function requirePowerOff(vm: string, suspended: string): Promise<void> {
  if (await isThere(suspended))
    throw new AppError('VM_SUSPENDED', `${vm} is suspended: what is in its memory would be lost`);
}

/** @throws VM_FILE_MISSING */
async function requireFiles({ folder }: Project, { name, file }: ProjectVm): Promise<void> {
  const { work, kernel } = vmPaths(folder, name);
  for (const path of file.value.firmware === 'direct' ? [work, kernel] : [work])
    if (!(await isThere(path))) throw new AppError('VM_FILE_MISSING', `${name}: ${path} is not there`);
}
