import { join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { changeWords, policyChanges } from '../../policy/reading/changes.ts';
import { type MachinePolicy, PolicyDocument } from '../../policy/schema.ts';
import { projectPaths } from '../../project/layout.ts';
import { MAX_FILE_BYTES, openProject, type Project } from '../../project/open.ts';
import { savePolicies, withProject } from '../../project/save.ts';
import { yamlText } from '../../project/yaml-file.ts';
import { backTo } from '../../quarantine/edit/earlier.ts';
import { quarantineDifference } from '../../quarantine/quarantine-difference.ts';
import { readCapped } from '../../sys/files/files.ts';
import { lastRelease, type PastRelease, pastRelease, rootsIn } from '../../trust/sign/published.ts';
import { parseVerified, verifyBytes } from '../../trust/verify/verified.ts';

/** So many deploys are listed, the newest. */
const MOST_LISTED = 100;

/** The deploys that there were, newest first. @throws TRUST_*, FILE_MISSING */
export async function pastDeploys(folder: string): Promise<PastRelease[]> {
  const { policies } = projectPaths(folder);
  const roots = await rootsIn(policies);
  const last = (await lastRelease(policies, roots))?.version ?? 0;
  const serials = Array.from({ length: Math.min(last, MOST_LISTED) }, (_, at) => last - at);
  const found = await Promise.all(serials.map((serial) => pastRelease(policies, roots, serial)));
  return found.filter((deploy) => deploy !== undefined);
}

/** The number of a deploy as it is written. @throws DEPLOY_UNKNOWN */
export function serialIn(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new AppError('DEPLOY_UNKNOWN', `there is no deploy “${text}”`);
}

/** How a machine’s policy differs, in words and as YAML; one side is not there where the machine was not. */
export interface PolicyDifference {
  vm: string;
  words: string[];
  before?: string;
  after?: string;
  /** Of the policy file of the project, where it is one side: whoever changes it shows by that what he has seen. */
  seen?: string;
}

/** What differs between a deploy and a later one, or the project as it stands, machine by machine. @throws DEPLOY_UNKNOWN, TRUST_* */
export async function deployDifference(folder: string, from: number, to: number | undefined) {
  const project = await openProject(folder);
  const before = await policiesOf(folder, from);
  const present = new Map(project.vms.map(({ name, policy }) => [name, policy.value]));
  const after = to === undefined ? present : await policiesOf(folder, to);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const seen = new Map(project.vms.map(({ name, policy }) => [name, policy.sha256]));
  return names.flatMap((vm): PolicyDifference[] => {
    const [had, has] = [before.get(vm), after.get(vm)];
    const words = differenceWords(had, has);
    if (words.length === 0) return [];
    const digest = to === undefined ? seen.get(vm) : undefined;
    return [
      {
        ...{ vm, words },
        ...(had ? { before: yamlText(had) } : {}),
        ...(has ? { after: yamlText(has) } : {}),
        ...(digest === undefined ? {} : { seen: digest }),
      },
    ];
  });
}

function differenceWords(before: MachinePolicy | undefined, after: MachinePolicy | undefined): string[] {
  if (!before) return ['the machine is new'];
  if (!after) return ['the machine is gone'];
  const changes = policyChanges(before, after);
  const others = changes.filter(({ section }) => section !== 'quarantine');
  const isQuarantine = others.length < changes.length;
  const words = quarantineDifference(before.quarantine, after.quarantine);
  return [
    ...words,
    ...(isQuarantine && words.length === 0 ? ['the quarantine is written otherwise'] : []),
    ...others.map((change) => `${changeWords([change])} changed`),
  ];
}

/**
 * Writes the policies of an earlier deploy into the project, all or none, as a change of now: computers follow with the next deploy. Machines
 * that it had not, or that are gone, stay as they are. `seen` are the digests of the files that whoever does it has looked at.
 * @throws DEPLOY_UNKNOWN, POLICY_INVALID, PROJECT_*, TRUST_*
 */
export async function takeBack(
  folder: string,
  serial: number,
  seen: Readonly<Record<string, string>>,
): Promise<string[]> {
  return withProject(folder, async (project) => {
    const earlier = await policiesOf(folder, serial);
    const changes = changesOf(project, earlier);
    const stranger = changes.find(({ vm }) => seen[vm.name] !== vm.policy.sha256);
    if (stranger)
      throw new AppError('PROJECT_CHANGED', `the policy of ${stranger.vm.name} was changed by somebody else meanwhile`);
    await savePolicies(changes);
    return changes.map(({ vm }) => vm.name);
  });
}

function changesOf({ vms }: Project, earlier: ReadonlyMap<string, MachinePolicy>) {
  return vms.flatMap((vm) => {
    const was = earlier.get(vm.name);
    if (!was || differenceWords(vm.policy.value, was).length === 0) return [];
    return [{ vm, policy: { ...was, quarantine: backTo(was.quarantine, vm.policy.value.quarantine) } }];
  });
}

/** The policies of a deploy by their machines, each proven by what was signed. */
async function policiesOf(folder: string, serial: number): Promise<Map<string, MachinePolicy>> {
  const { policies } = projectPaths(folder);
  const roots = await rootsIn(policies);
  const last = (await lastRelease(policies, roots))?.version ?? 0;
  const deploy = serial <= last ? await pastRelease(policies, roots, serial) : undefined;
  if (!deploy) throw new AppError('DEPLOY_UNKNOWN', `there is no deploy ${serial}`);
  const found = deploy.targets.map(async (target) => {
    const bytes = await readCapped(join(policies, 'targets', `${target.sha256}.${target.name}`), MAX_FILE_BYTES);
    const what = `deploy ${serial} of ${target.name}`;
    const { vm, policy } = parseVerified(verifyBytes(bytes, target), PolicyDocument, what).value;
    return [vm, policy] as const;
  });
  return new Map(await Promise.all(found));
}
