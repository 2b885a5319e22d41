import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { failuresOf } from '../../lib/failures.ts';
import { canonicalJson } from '../../lib/json.ts';
import { sameDescriptor } from '../../policy/quarantine.ts';
import { changeWords, type PolicyChange, policyChanges, whenText } from '../../policy/reading/changes.ts';
import { asksServer } from '../../policy/reading/looked-up.ts';
import { textsOf, type Warning, warningAbout } from '../../policy/reading/warning.ts';
import { projectPaths } from '../../project/layout.ts';
import type { Project, ProjectVm } from '../../project/open.ts';
import { newestVersion } from '../../quarantine/versions/versions.ts';
import { isThere } from '../../sys/files/files.ts';
import { lastSerial, policyDocument } from '../build/publish-policies.ts';
import { packagedPolicy } from '../build/published.ts';
import { machineProblems, policyNotes, policyProblems, requireRecoveryKey, requireResources } from '../checks.ts';
import type { PackageManifest } from '../manifest.ts';

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
  /** The project’s resources go in too. */
  resources: boolean;
}

/** Holds a package that is to be built to the rules, and gives the warnings. @throws the first problem of `findProblems` */
export async function checkRules(project: Project, contents: Contents, options: RuleOptions): Promise<string[]> {
  const { problems, warnings } = await findProblems(project, contents, options);
  const [first] = problems;
  if (first) throw first;
  return textsOf(warnings);
}

/**
 * All that the rules say against a package that is to be built (ACE 1.0 pp. 129, 142): RECOVERY_KEY_FIXED,
 * POLICY_NEEDS_MACHINE, VERSION_BEHIND, and what policyProblems and machineProblems find; and what its administrator may not
 * have meant.
 */
export async function findProblems(
  project: Project,
  { machines, policies }: Contents,
  options: RuleOptions,
): Promise<{ problems: AppError[]; warnings: Warning[] }> {
  const all = [...machines, ...policies];
  const behind = machines.flatMap(versionWarnings);
  const problems = [
    ...(await failuresOf([() => requireRecoveryKey(project, options.earlier)])),
    ...(await failuresOf(policies.map((vm) => () => requireNoMachine(vm, options)))),
    ...(await policyProblems(project, all)),
    ...(await machineProblems(project, machines)),
    ...(await failuresOf([() => requireNewest(behind, options.strict)])),
    ...(options.resources ? await failuresOf([() => requireResources(project)]) : []),
  ];
  const changed = policies.flatMap((vm) => policyWarnings(vm, options));
  const notes = all.flatMap((vm) => policyNotes(project, vm));
  return { problems, warnings: [...changed, ...behind, ...notes, ...(await undeployed(project, all))] };
}

/** @throws POLICY_NEEDS_MACHINE */
function requireNoMachine(vm: ProjectVm, { earlier, force }: RuleOptions): void {
  const needing = changesSince(earlier, vm).filter(({ when }) => when === 'with-machine');
  if (needing.length === 0 || force) return;
  const sections = needing.map(({ section }) => section);
  const what = `${vm.name}: ${changeWords(needing)} changed, and a package of policies alone cannot bring that`;
  throw new AppError('POLICY_NEEDS_MACHINE', what, { details: { vm: vm.name, sections } });
}

function changesSince(earlier: readonly PackageManifest[], { file, policy }: ProjectVm): PolicyChange[] {
  const before = packagedPolicy(earlier, file.value.id);
  return before ? policyChanges(before.policy, policy.value) : [];
}

function policyWarnings(vm: ProjectVm, { earlier }: RuleOptions): Warning[] {
  return changesSince(earlier, vm)
    .filter(({ when }) => when === 'reinstall' || when === 'with-machine')
    .map((change) => {
      const { section, when } = change;
      const text = `${changeWords([change])} ${whenText(when)}`;
      return warningAbout(vm.name, { code: 'change-holds', text, parts: { section, when } });
    });
}

/** @throws VERSION_BEHIND */
function requireNewest(behind: readonly Warning[], strict: boolean): void {
  if (strict && behind.length > 0) throw new AppError('VERSION_BEHIND', textsOf(behind).join('; '));
}

/** The administrator probably forgot to run `nq-set` in preview (ACE 1.0 p. 142). */
function versionWarnings({ name, policy, state }: ProjectVm): Warning[] {
  const { quarantine } = policy.value;
  const newest = quarantine.type === 'version-based' ? newestVersion(quarantine) : undefined;
  if (!newest || sameDescriptor(newest.descriptor, state.descriptor)) return [];
  const text = `its copy in the project is not at the newest version ${newest.name}; run its nq-set in preview first`;
  return [warningAbout(name, { code: 'version-behind', text, parts: { version: newest.name } })];
}

/** What the policy server hands out counts as much as what a package brings: the two should be the same. */
async function undeployed(project: Project, vms: readonly ProjectVm[]): Promise<Warning[]> {
  const serial = await lastSerial(project);
  if (serial === 0) return [];
  const targets = join(projectPaths(project.folder).policies, 'targets');
  const checks = vms.map(async (vm) => {
    if (!asksServer(vm.policy.value)) return [];
    const text = canonicalJson(policyDocument(project, vm, serial));
    const name = `${createHash('sha256').update(text).digest('hex')}.${vm.name}.json`;
    if (await isThere(join(targets, name))) return [];
    const changed = 'its policy was changed after the last deploy';
    return [warningAbout(vm.name, { code: 'not-deployed', text: changed, parts: {} })];
  });
  return (await Promise.all(checks)).flat();
}
