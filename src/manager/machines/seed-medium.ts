import { AppError } from '../../lib/errors.ts';
import { drivesOf, MOST_DRIVES } from '../../policy/parts/machine-devices.ts';
import { kindsOf } from '../../project/hardware-kind.ts';
import type { vmPaths } from '../../project/layout.ts';
import type { ProjectVm } from '../../project/open.ts';
import type { RunMode } from '../../run/machine/spec.ts';
import { hadSeed } from '../../run/suspend/circumstances.ts';
import { type Saved, unfit } from '../../run/suspend/resume.ts';
import { isThere, removeFile } from '../../sys/files/files.ts';

interface SeedMedium extends AsyncDisposable {
  /** Where it is; undefined for a run without one. */
  path: string | undefined;
  /** The guest says that it is up. */
  onHello: () => Promise<true>;
}

interface SeedRun {
  mode: RunMode;
  /** What the machine goes on with, or loses. */
  saved: Saved | undefined;
  /** It has the CD with the guest tools. */
  hasDisc: boolean;
}

/**
 * What sets a cloud image up, for a run of the project’s machine: its administrator powers it on; in preview it is what users get. It has
 * done its work when the guest tools that it brings say that the guest is up, and is gone after that run, with the passwords in it.
 * @throws SUSPENDED_UNFIT, VM_UNSUPPORTED where the machine has no place for it
 */
export async function takeSeed(
  vm: ProjectVm,
  { seed, suspended }: Pick<ReturnType<typeof vmPaths>, 'seed' | 'suspended'>,
  { mode, saved, hasDisc }: SeedRun,
): Promise<SeedMedium> {
  const goesOn = saved?.state;
  const isHere = await isThere(seed);
  if (goesOn && hadSeed(goesOn) && !isHere) throw unfit(vm.name, 'the medium that sets it up is gone');
  const isGiven = goesOn ? hadSeed(goesOn) : isHere && mode === 'free';
  if (isGiven) requirePlace(vm, hasDisc);
  let isDone = false;
  return {
    path: isGiven ? seed : undefined,
    onHello: async () => {
      isDone = isGiven;
      return true;
    },
    async [Symbol.asyncDispose]() {
      if (isDone && !(await isThere(suspended))) await removeFile(seed);
    },
  };
}

function requirePlace({ name, file }: ProjectVm, hasDisc: boolean): void {
  if (kindsOf(file.value).hardware === 'virtio') return;
  const drives = drivesOf(file.value.devices ?? {}).length + (hasDisc ? 1 : 0);
  if (drives < MOST_DRIVES) return;
  throw new AppError(
    'VM_UNSUPPORTED',
    `${name} has ${MOST_DRIVES} drives, and no place for one more with its seed: remove one from its vm.yaml`,
  );
}
