import { AppError } from '../lib/errors.ts';
import { issueTexts } from '../lib/issues.ts';
import { checkPolicy } from '../policy/reading/check.ts';
import type { MachinePolicy } from '../policy/schema.ts';
import { writeFileAtomic, writeFilesAtomic } from '../sys/files/files.ts';
import { takeLock } from '../sys/files/lock.ts';
import { projectPaths, vmPaths } from './layout.ts';
import { type Filed, formatProblem, openProject, type Project, type ProjectVm, requireProject } from './open.ts';
import { type ProjectFile, VmFile, type VmState } from './schema.ts';
import { formatYaml } from './yaml-file.ts';

/**
 * Opens a project, lets `work` change it, and keeps every other command that changes it out meanwhile.
 * @throws PROJECT_BUSY, and what openProject throws
 */
export async function withProject<T>(folder: string, work: (project: Project) => Promise<T>): Promise<T> {
  await requireProject(folder);
  await using lock = await takeLock(projectPaths(folder).lock);
  if (!lock) throw new AppError('PROJECT_BUSY', `another command works on ${folder}`);
  return await work(await openProject(folder));
}

/** Writes a machine’s policy. @throws POLICY_INVALID when it contradicts itself */
export async function savePolicy(vm: ProjectVm, policy: MachinePolicy): Promise<void> {
  await savePolicies([{ vm, policy }]);
}

/** Writes the policies of machines, all of them or none. @throws POLICY_INVALID when one contradicts itself */
export async function savePolicies(changes: readonly { vm: ProjectVm; policy: MachinePolicy }[]): Promise<void> {
  for (const { policy } of changes) requireSound(policy);
  await writeFilesAtomic(
    changes.map(({ vm: { policy: file }, policy }) => ({ path: file.path, data: formatYaml(file.text, policy) })),
  );
}

/** @throws POLICY_INVALID when a policy contradicts itself */
function requireSound(policy: MachinePolicy): void {
  const problems = checkPolicy(policy).map((problem) => formatProblem({ file: 'policy.yaml', ...problem }));
  if (problems.length > 0) throw new AppError('POLICY_INVALID', problems.join('\n'));
}

/** Writes a machine’s hardware. @throws VM_UNSUPPORTED when no machine can have it */
export async function saveVmFile(vm: ProjectVm, file: VmFile): Promise<void> {
  const parsed = VmFile.safeParse(file);
  if (!parsed.success) {
    const problems = issueTexts(parsed.error);
    throw new AppError('VM_UNSUPPORTED', problems.join('\n'), { details: { problems } });
  }
  await saveYaml(vm.file, parsed.data);
}

export async function saveProjectFile(project: Project, value: ProjectFile): Promise<void> {
  await saveYaml(project.file, value);
}

async function saveYaml<T extends object>({ path, text }: Filed<T>, value: T): Promise<void> {
  await writeFileAtomic(path, formatYaml(text, value));
}

/** Remembers the version of the administrator’s own copy of a machine. */
export async function saveState(folder: string, vm: string, state: VmState): Promise<void> {
  await writeFileAtomic(vmPaths(folder, vm).state, `${JSON.stringify(state)}\n`);
}
