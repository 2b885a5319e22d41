import { join, relative } from 'node:path';
import { AppError } from '../lib/errors.ts';
import type { Problem } from '../policy/reading/problem.ts';
import { type MachinePolicy, VM_NAME } from '../policy/schema.ts';
import { isThere, readCapped, readIfThere } from '../sys/files/files.ts';
import { namesIn } from '../sys/files/folders.ts';
import { projectPaths, vmPaths } from './layout.ts';
import { type KeptReadings, Readings } from './readings.ts';
import type { ProjectFile, VmFile, VmState } from './schema.ts';
import { versionFile } from './snapshots/work.ts';
import type { YamlFile } from './yaml-file.ts';

export const MAX_FILE_BYTES = 8 << 20;

/** A value read from one of the project’s YAML files, with the text that it can be written back into. */
export interface Filed<T> {
  path: string;
  /** SHA-256 of the file as it was read: whoever changes it shows by that what he has seen. */
  sha256: string;
  text: string;
  value: T;
}

export interface ProjectVm {
  name: string;
  file: Filed<VmFile>;
  policy: Filed<MachinePolicy>;
  state: VmState;
}

/** The administrator’s project as it stands on disk, every file read and found sound. */
export interface Project {
  folder: string;
  file: Filed<ProjectFile>;
  vms: readonly ProjectVm[];
}

/** A problem with the file it is in, relative to the project’s folder. */
export interface FileProblem extends Problem {
  file: string;
}

export function formatProblem({ file, path, message }: FileProblem): string {
  return `${file}: ${path.length > 0 ? `${path.join('.')} ` : ''}${message}`;
}

/**
 * Opens a project. All that is wrong is said at once. Whoever opens it again and again keeps its readings.
 * @throws PROJECT_MISSING, PROJECT_INVALID with `details.problems`
 */
export async function openProject(folder: string, readings?: Readings): Promise<Project> {
  const { project, problems } = await readProject(folder, readings);
  if (project && problems.length === 0) return project;
  throw new AppError('PROJECT_INVALID', problems.map(formatProblem).join('\n'), { details: { problems } });
}

/** Reads the project and everything that is wrong with it. @throws PROJECT_MISSING when the folder holds none */
export async function readProject(
  folder: string,
  readings = new Readings(),
): Promise<{ project?: Project; problems: FileProblem[] }> {
  const paths = projectPaths(folder);
  await requireProject(folder);
  const reader = new Reader(folder, readings);
  const file = await reader.read(paths.file, readings.project);
  const vms: ProjectVm[] = [];
  for (const name of await namesIn(paths.vms)) {
    if (name.startsWith('.')) continue;
    const vm = VM_NAME.test(name)
      ? await reader.readVm(name)
      : reader.refuse(join(paths.vms, name), 'is not a name for a machine');
    if (vm) vms.push(vm);
  }
  reader.checkIds(vms);
  return file ? { project: { folder, file, vms }, problems: reader.problems } : { problems: reader.problems };
}

/** @throws PROJECT_MISSING when the folder holds no project */
export async function requireProject(folder: string): Promise<void> {
  if (await isThere(projectPaths(folder).file)) return;
  throw new AppError('PROJECT_MISSING', `there is no project in ${folder}`);
}

class Reader {
  readonly problems: FileProblem[] = [];
  readonly #folder: string;
  readonly #readings: Readings;

  constructor(folder: string, readings: Readings) {
    this.#folder = folder;
    this.#readings = readings;
  }

  async readVm(name: string): Promise<ProjectVm | undefined> {
    const paths = vmPaths(this.#folder, name);
    const file = await this.read(paths.file, this.#readings.machines);
    const policy = await this.read(paths.policy, this.#readings.policies);
    const state = await this.readState(await versionFile(this.#folder, name));
    return file && policy && state ? { name, file, policy, state } : undefined;
  }

  async read<T>(path: string, kept: KeptReadings<YamlFile<T>>): Promise<Filed<T> | undefined> {
    if (!(await isThere(path))) return this.refuse(path, 'is missing');
    const { text, sha256, made } = kept.of(path, await readCapped(path, MAX_FILE_BYTES));
    this.#add(path, made.problems);
    return made.value === undefined ? undefined : { path, sha256, text, value: made.value };
  }

  async readState(path: string): Promise<VmState | undefined> {
    const bytes = await readIfThere(path, MAX_FILE_BYTES);
    if (!bytes) return { format: 1 };
    const { made } = this.#readings.states.of(path, bytes);
    this.#add(path, made.problems);
    return made.value;
  }

  checkIds(vms: readonly ProjectVm[]): void {
    for (const [index, vm] of vms.entries()) {
      const twin = vms.slice(0, index).find((other) => other.file.value.id === vm.file.value.id);
      if (twin) this.#add(vm.file.path, [{ path: ['id'], message: `is also the id of ${twin.name}` }]);
    }
  }

  refuse(path: string, message: string): undefined {
    this.#add(path, [{ path: [], message }]);
  }

  #add(path: string, problems: readonly Problem[]): void {
    const file = relative(this.#folder, path);
    this.problems.push(...problems.map((problem) => ({ file, ...problem })));
  }
}

/** The machine of that name. @throws VM_UNKNOWN */
export function vmNamed(project: Project, name: string): ProjectVm {
  const vm = project.vms.find((candidate) => candidate.name === name);
  if (!vm) throw new AppError('VM_UNKNOWN', `the project has no machine ${name}`);
  return vm;
}
