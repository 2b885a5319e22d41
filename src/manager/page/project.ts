import type { Hono } from 'hono';
import type { MachineRow, PackagesAnswer, ProblemAnswer, ProjectAnswer } from '../../api/manager/project.ts';
import { MANAGER_ROUTES } from '../../api/manager/routes.ts';
import { AppError, ERRORS, failureOf } from '../../lib/errors.ts';
import { checkAll, LOOK_ANEW, type Looks } from '../../package/checks.ts';
import { type Quarantine, sameDescriptor } from '../../policy/quarantine.ts';
import type { Doubt } from '../../policy/reading/warning.ts';
import { kindsOf } from '../../project/hardware-kind.ts';
import { vmPaths } from '../../project/layout.ts';
import { type FileProblem, formatProblem, type Project, type ProjectVm, readProject } from '../../project/open.ts';
import type { Readings } from '../../project/readings.ts';
import { liveVersions, newestVersion } from '../../quarantine/versions/versions.ts';
import { isThere } from '../../sys/files/files.ts';
import type { ManagerDeps } from './api.ts';
import { notDeployed } from './not-deployed.ts';
import { Releases } from './not-released.ts';

/** The project at a glance and its packages. */
export function addProjectRoutes(app: Hono, { folder, readings }: ManagerDeps): void {
  const releases = new Releases();
  const known = { readings, releases, doubts: keptDoubts() };
  app.get(MANAGER_ROUTES.project.path, async (context) =>
    context.json<ProjectAnswer>(await projectAnswer(folder, known)),
  );
  app.get(MANAGER_ROUTES.packages.path, async (context) => {
    const manifests = await releases.packages(folder);
    const packages = manifests.map(({ machines, policies, name, kind, generation, createdAt, expiresAt, notes }) => ({
      ...{ name, kind, generation, createdAt, expiresAt },
      machines: machines.map(({ name: vm, release }) => ({ name: vm, release })),
      policies: policies.map(({ vm }) => vm),
      ...(notes === undefined ? {} : { notes }),
    }));
    return context.json<PackagesAnswer>({ packages: packages.reverse() });
  });
}

/** What is kept from one look at a project to the next. */
export interface Known {
  readings: Readings;
  releases: Releases;
  doubts: Looks['doubts'];
}

/** What may not have been meant is found once for each quarantine: readings give the same one while its file is the same. */
export function keptDoubts(): Looks['doubts'] {
  const kept = new WeakMap<Quarantine, readonly Doubt[]>();
  return (quarantine) => {
    const doubts = kept.get(quarantine) ?? LOOK_ANEW.doubts(quarantine);
    kept.set(quarantine, doubts);
    return doubts;
  };
}

/** A project at a glance: what has not changed since the last look is not read and checked again. @throws PROJECT_MISSING */
export async function projectAnswer(folder: string, { readings, releases, doubts }: Known): Promise<ProjectAnswer> {
  const { project, problems } = await readProject(folder, readings);
  const files = problems.map(fileProblem);
  const names = new Set([...(project?.vms ?? []), ...files.map(({ vm }) => ({ name: vm }))].map(({ name }) => name));
  const sound = new Map(project?.vms.map((vm) => [vm.name, vm]));
  const rows = [...names].filter((name) => name !== undefined).sort();
  const machines = await Promise.all(rows.map((name) => machineRow(project, name, sound.get(name))));
  if (!project) return { folder, machines, problems: files, warnings: [], notDeployed: [], notReleased: [] };
  const found = await orProblem({ problems: [], warnings: [] }, () =>
    checkAll(project, { packages: (of) => releases.packages(of), doubts }),
  );
  const deploy = await orProblem([], () => notDeployed(project));
  const release = await orProblem([], () => releases.missing(project));
  const { name, fingerprint, policyServer, packageServer } = project.file.value;
  const others = [...found.value.problems, ...[found, deploy, release].flatMap(({ problem }) => problem)];
  const answers = [
    ...files,
    ...others.map(({ vm, error }) => ({ ...(vm === undefined ? {} : { vm }), ...said(error) })),
  ];
  return {
    folder,
    identity: {
      ...{ name, fingerprint },
      ...(policyServer === undefined ? {} : { policyServer }),
      ...(packageServer === undefined ? {} : { packageServer }),
    },
    machines,
    problems: withoutTwins(answers),
    warnings: found.value.warnings,
    notDeployed: deploy.value,
    notReleased: release.value,
  };
}

async function machineRow(project: Project | undefined, name: string, vm: ProjectVm | undefined): Promise<MachineRow> {
  if (!vm || !project) return { name };
  const { id, memoryMiB, cpus, firmware, tpm = false, secureBoot = false, dataDiskMiB, devices } = vm.file.value;
  const { quarantine } = vm.policy.value;
  const isVersioned = quarantine.type === 'version-based';
  const newest = isVersioned ? newestVersion(quarantine)?.name : undefined;
  const { descriptor } = vm.state;
  const known = isVersioned
    ? quarantine.versions.find((version) => sameDescriptor(version.descriptor, descriptor))?.name
    : undefined;
  const version = known ?? descriptor;
  return {
    name,
    sound: {
      ...{ id, memoryMiB, cpus, firmware, tpm, secureBoot, ...kindsOf(vm.file.value), type: quarantine.type },
      ...(dataDiskMiB === undefined ? {} : { dataDiskMiB }),
      ...(devices === undefined ? {} : { devices: Object.keys(devices) }),
      versions: isVersioned ? liveVersions(quarantine).length : 0,
      ...(newest === undefined ? {} : { newest }),
      ...(version === undefined ? {} : { version }),
      isSuspended: await isThere(vmPaths(project.folder, name).suspended),
    },
  };
}

/** What could not be looked at is a problem of its own, and does not hide the rest. */
async function orProblem<T>(
  otherwise: T,
  look: () => Promise<T>,
): Promise<{ value: T; problem: { vm?: string; error: AppError }[] }> {
  try {
    return { value: await look(), problem: [] };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { value: otherwise, problem: [{ error }] };
  }
}

function said(error: AppError) {
  const { code, reason, remedy } = failureOf(error);
  return { code, reason, remedy };
}

/** The same thing may keep several looks from their end. */
function withoutTwins(problems: readonly ProblemAnswer[]): ProblemAnswer[] {
  return [...new Map(problems.map((problem) => [JSON.stringify({ ...problem, vm: undefined }), problem])).values()];
}

function fileProblem(problem: FileProblem): ProblemAnswer {
  const [, vm] = /^vms\/([^/]+)/.exec(problem.file) ?? [];
  const field = problem.path.join('.');
  return {
    code: 'PROJECT_INVALID',
    reason: formatProblem(problem),
    remedy: ERRORS.PROJECT_INVALID.hint,
    ...(vm === undefined ? {} : { vm }),
    file: problem.file,
    ...(field === '' ? {} : { field }),
  };
}
