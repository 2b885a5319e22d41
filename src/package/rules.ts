import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AppError } from '../lib/errors.ts';
import { canonicalJson } from '../lib/json.ts';
import { policyChanges, whenText } from '../policy/changes.ts';
import { requireEnforced } from '../policy/enforced.ts';
import type { PolicyDocument } from '../policy/schema.ts';
import { projectPaths, vmPaths } from '../project/layout.ts';
import type { Project, ProjectVm } from '../project/open.ts';
import { newestVersion, sameDescriptor } from '../quarantine/versions.ts';
import { isThere } from '../sys/files.ts';
import { lastSerial, policyDocument } from './deploy.ts';
import type { PackageManifest } from './manifest.ts';

/** Machines and policies that a package is to have. */
export interface Contents {
  machines: readonly ProjectVm[];
  policies: readonly ProjectVm[];
}

export interface RuleOptions {
  /** The manifests of all earlier packages, oldest first. */
  earlier: readonly PackageManifest[];
  /** Build although computers will refuse some policies. */
  force: boolean;
  /** A copy that is not at the newest version is an error. */
  strict: boolean;
}

/**
 * Holds a package that is to be built to the rules (ACE 1.0 pp. 129, 142), and gives the warnings.
 * @throws RECOVERY_KEY_FIXED, POLICY_NEEDS_MACHINE, POLICY_NOT_ENFORCED, VM_SUSPENDED, VERSION_BEHIND
 */
export async function checkRules(project: Project, contents: Contents, options: RuleOptions): Promise<string[]> {
  requireRecoveryKey(project, options.earlier);
  const notes = contents.policies.flatMap((vm) => policyWarnings(vm, options));
  for (const vm of [...contents.machines, ...contents.policies]) requireEnforced(vm.name, vm.policy.value);
  for (const { name } of contents.machines) await requirePowerOff(project, name);
  const versions = contents.machines.flatMap(versionWarnings);
  if (options.strict && versions.length > 0) throw new AppError('VERSION_BEHIND', versions.join('; '));
  const all = [...contents.machines, ...contents.policies];
  return [
    ...notes,
    ...versions,
    ...all.flatMap((vm) => serverWarnings(project, vm)),
    ...(await undeployed(project, all)),
  ];
}

/** The recovery key stays what the project’s first package said (D43). @throws RECOVERY_KEY_FIXED */
export function requireRecoveryKey(project: Project, earlier: readonly PackageManifest[]): void {
  const last = earlier.at(-1);
  const { recoveryKey } = project.file.value;
  if (!last || last.recoveryKey === recoveryKey) return;
  const what = `packages of this project were made with ${last.recoveryKey ?? 'no recovery key'}; now it is ${recoveryKey ?? 'none'}`;
  throw new AppError('RECOVERY_KEY_FIXED', what);
}

/** The policy that computers have of a machine which took every package: the newest that one of them brought. */
function packagedPolicy(earlier: readonly PackageManifest[], vmId: string): PolicyDocument | undefined {
  return earlier
    .flatMap(({ machines, policies }) => [...machines.map(({ policy }) => policy), ...policies])
    .findLast((document) => document.vmId === vmId);
}

function policyWarnings({ name, file, policy }: ProjectVm, { earlier, force }: RuleOptions): string[] {
  const before = packagedPolicy(earlier, file.value.id);
  const changes = before ? policyChanges(before.policy, policy.value) : [];
  const needing = changes.filter(({ when }) => when === 'with-machine').map(({ section }) => section);
  if (needing.length > 0 && !force) {
    const what = `${name}: ${needing.join(' and ')} changed, which no package of policies alone can bring`;
    throw new AppError('POLICY_NEEDS_MACHINE', what, { details: { vm: name, sections: needing } });
  }
  return changes
    .filter(({ when }) => when === 'reinstall' || when === 'with-machine')
    .map(({ section, when }) => `${name}: ${section} ${whenText(when)}`);
}

async function requirePowerOff(project: Project, vm: string): Promise<void> {
  if (await isThere(vmPaths(project.folder, vm).suspended))
    throw new AppError('VM_SUSPENDED', `${vm} is suspended: what is in its memory would be lost`);
}

/** The administrator probably forgot to run `nq-set` in preview (ACE 1.0 p. 142). */
function versionWarnings({ name, policy, state }: ProjectVm): string[] {
  const { quarantine } = policy.value;
  const newest = quarantine.type === 'version-based' ? newestVersion(quarantine) : undefined;
  if (!newest || sameDescriptor(newest.descriptor, state.descriptor)) return [];
  return [
    `${name}: its copy in the project is not at the newest version ${newest.name}; run its nq-set in preview first`,
  ];
}

function serverWarnings({ file }: Project, { name, policy }: ProjectVm): string[] {
  const isAlone = policy.value.quarantine.type === 'version-based' && file.value.policyServer === undefined;
  return isAlone ? [`${name}: the project names no policy server, so the machine will stay restricted`] : [];
}

/** What the policy server hands out counts as much as what a package brings: the two should be the same. */
async function undeployed(project: Project, vms: readonly ProjectVm[]): Promise<string[]> {
  const serial = await lastSerial(project);
  if (serial === 0) return [];
  const targets = join(projectPaths(project.folder).policies, 'targets');
  const checks = vms.map(async (vm) => {
    if (vm.policy.value.quarantine.type !== 'version-based') return [];
    const text = canonicalJson(policyDocument(project, vm, serial));
    const name = `${createHash('sha256').update(text).digest('hex')}.${vm.name}.json`;
    return (await isThere(join(targets, name))) ? [] : [`${vm.name}: its policy was changed after the last deploy`];
  });
  return (await Promise.all(checks)).flat();
}
