import { createHash } from 'node:crypto';
import { AppError } from '../lib/errors.ts';
import type { Problem } from '../policy/reading/problem.ts';
import { MachinePolicy, VM_NAME } from '../policy/schema.ts';
import { isThere, readCapped, writeFileAtomic } from '../sys/files/files.ts';
import { takeLock } from '../sys/files/lock.ts';
import { projectPaths, vmPaths } from './layout.ts';
import { formatProblem, MAX_FILE_BYTES, requireProject } from './open.ts';
import { policyIn } from './readings.ts';
import { formatYaml, parseYaml } from './yaml-file.ts';

/** What a policy file’s text says, or all that is wrong with it. */
export interface ReadPolicy {
  policy?: MachinePolicy;
  problems: Problem[];
}

/** A machine’s policy file as its administrator wrote it, comments and all; it may be damaged. */
export interface PolicyText extends ReadPolicy {
  /** SHA-256 of the file: whoever changes it shows by that what he has seen. */
  seen: string;
  text: string;
}

/** @throws PROJECT_MISSING, VM_UNKNOWN, FILE_* */
export async function openPolicyText(folder: string, vm: string): Promise<PolicyText> {
  await requireProject(folder);
  const path = vmPaths(folder, vm).policy;
  // The name comes from outside, and a path is made of it.
  if (!VM_NAME.test(vm) || !(await isThere(path))) throw new AppError('VM_UNKNOWN', `the project has no machine ${vm}`);
  const bytes = await readCapped(path, MAX_FILE_BYTES);
  const text = bytes.toString('utf8');
  return { seen: createHash('sha256').update(bytes).digest('hex'), text, ...readPolicyText(text) };
}

export function readPolicyText(text: string): ReadPolicy {
  const { value, problems } = policyIn(text);
  return value === undefined ? { problems } : { policy: value, problems };
}

/** The text with another policy in it: what stays the same keeps its place and its comments. @throws POLICY_INVALID */
export function withPolicy(text: string, policy: MachinePolicy): string {
  const { value, problems } = parseYaml(text, MachinePolicy);
  if (value === undefined) throw invalid(problems);
  return formatYaml(text, policy);
}

/**
 * Writes a machine’s policy file as somebody has typed it, where it is still the one that he has seen.
 * @throws PROJECT_MISSING, PROJECT_BUSY, PROJECT_CHANGED, VM_UNKNOWN, POLICY_INVALID
 */
export async function savePolicyText(
  folder: string,
  vm: string,
  { seen, text }: { seen: string; text: string },
): Promise<{ before: ReadPolicy; after: MachinePolicy }> {
  await requireProject(folder);
  await using lock = await takeLock(projectPaths(folder).lock);
  if (!lock) throw new AppError('PROJECT_BUSY', `another command works on ${folder}`);
  const before = await openPolicyText(folder, vm);
  if (before.seen !== seen)
    throw new AppError('PROJECT_CHANGED', `the policy of ${vm} was changed by somebody else meanwhile`);
  const { policy, problems } = readPolicyText(text);
  if (!policy || problems.length > 0) throw invalid(problems);
  await writeFileAtomic(vmPaths(folder, vm).policy, text);
  return { before, after: policy };
}

function invalid(problems: readonly Problem[]): AppError {
  const texts = problems.map((problem) => formatProblem({ file: 'policy.yaml', ...problem }));
  return new AppError('POLICY_INVALID', texts.join('\n'), { details: { problems: texts } });
}
