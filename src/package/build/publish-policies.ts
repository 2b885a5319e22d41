import { canonicalJson } from '../../lib/json.ts';
import type { Steps } from '../../lib/steps.ts';
import { asksAccounts } from '../../policy/devices.ts';
import { textsOf } from '../../policy/reading/warning.ts';
import type { PolicyDocument } from '../../policy/schema.ts';
import { projectPaths } from '../../project/layout.ts';
import type { Project, ProjectVm } from '../../project/open.ts';
import type { SigningKey } from '../../trust/sign/keys.ts';
import { lastRelease, rootsIn } from '../../trust/sign/published.ts';
import { publish } from '../../trust/sign/repository.ts';
import { policyNotes, policyProblems } from '../checks.ts';

export interface Deploy {
  key: SigningKey;
  now: number;
  validForMs: number;
  steps?: Steps;
}

/** The name a machine’s policy is signed under. */
function policyTarget(vm: string): string {
  return `${vm}.json`;
}

/** A machine’s policy as it is signed, with its place in the order of deploys. */
export function policyDocument(project: Project, vm: ProjectVm, serial: number): PolicyDocument {
  const { fingerprint, domain, hotFixes, hotFixKey, recoveryKey } = project.file.value;
  const { value: policy } = vm.policy;
  const isByAccount = policy.authentication?.type === 'users-and-groups' || asksAccounts(policy.devices);
  return {
    ...{ format: 1, project: fingerprint, vm: vm.name, vmId: vm.file.value.id, serial, policy },
    ...(isByAccount && domain !== undefined ? { domain } : {}),
    ...(policy.encryption?.recovery && recoveryKey !== undefined ? { recoveryKey } : {}),
    ...(hotFixes && hotFixKey ? { hotFixes: { ...hotFixes, key: hotFixKey } } : {}),
  };
}

/**
 * Signs the policies of all machines and publishes them in `published/policies/`, ready for any web server.
 * @throws RECOVERY_KEY_MISSING, PLUGIN_MISSING, KEY_INVALID, TRUST_*, DISK_FULL
 */
export async function deploy(
  project: Project,
  { key, now, validForMs, steps }: Deploy,
): Promise<{ serial: number; warnings: string[] }> {
  const [problem] = await policyProblems(project, project.vms);
  if (problem) throw problem;
  const folder = projectPaths(project.folder).policies;
  const serial = (await lastSerial(project)) + 1;
  const add = new Map(
    project.vms.map((vm) => [policyTarget(vm.name), Buffer.from(canonicalJson(policyDocument(project, vm, serial)))]),
  );
  await publish(folder, { add, key, now, validForMs, ...(steps ? { steps } : {}) });
  return { serial, warnings: textsOf(project.vms.flatMap((vm) => policyNotes(project, vm))) };
}

/**
 * The serial of the last deploy: of what readers see, not of what one that did not come to its end left beside it; 0 before the first.
 * @throws TRUST_*, FILE_MISSING (no repository)
 */
export async function lastSerial(project: Project): Promise<number> {
  const folder = projectPaths(project.folder).policies;
  return (await lastRelease(folder, await rootsIn(folder)))?.version ?? 0;
}
