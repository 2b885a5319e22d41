import { AppError } from '../lib/errors.ts';
import { Quarantine } from '../policy/quarantine.ts';
import { openProject, type Project, vmNamed } from '../project/open.ts';
import { savePolicy, withProject } from '../project/save.ts';
import { lostByType } from '../quarantine/edit/version-list.ts';
import { isConfirmedByName } from './confirm.ts';
import type { Context } from './program.ts';

/** Changes the quarantine in a machine’s policy file; gives what it has become. @throws PROJECT_*, VM_UNKNOWN, POLICY_INVALID */
export async function changePolicy(
  folder: string,
  vmName: string,
  change: (before: Quarantine) => Quarantine,
): Promise<Quarantine> {
  return withProject(folder, async (project) => {
    const vm = vmNamed(project, vmName);
    const quarantine = parsed(change(vm.policy.value.quarantine));
    await savePolicy(vm, { ...vm.policy.value, quarantine });
    return quarantine;
  });
}

/**
 * Changes it all the same where it becomes another type: what goes with the old one for good is confirmed by the machine’s name.
 * @throws as changePolicy, LOSS_CONFIRM
 */
export async function changePolicyAsking(
  context: Pick<Context, 'json'>,
  { directory, vm, isConfirmed }: { directory: string; vm: string; isConfirmed: boolean },
  change: (before: Quarantine) => Quarantine,
): Promise<{ before: Quarantine; quarantine: Quarantine; project: Project }> {
  const shown = vmNamed(await openProject(directory), vm).policy.value.quarantine;
  const loss = lossText(vm, shown, change(shown));
  const isAgreed = isConfirmed || loss === undefined || (await isConfirmedByName(context, loss, [vm]));
  return withProject(directory, async (project) => {
    const { policy, ...rest } = vmNamed(project, vm);
    const before = policy.value.quarantine;
    const quarantine = parsed(change(before));
    // What another command added meanwhile was not agreed to.
    const now = lossText(vm, before, quarantine);
    if (now !== undefined && !(isAgreed && (isConfirmed || now === loss))) throw new AppError('LOSS_CONFIRM', now);
    await savePolicy({ policy, ...rest }, { ...policy.value, quarantine });
    return { before, quarantine, project };
  });
}

/** What is lost for good with the type that a machine’s quarantine had; undefined where nothing is. */
export function lossText(vm: string, before: Quarantine, after: Quarantine): string | undefined {
  const lost = lostByType(before, after);
  if (lost.length === 0) return undefined;
  return `as ${after.type} quarantine ${vm} would lose ${lost.join(', ')}`;
}

/** @throws POLICY_INVALID with all problems */
export function parsed(value: unknown): Quarantine {
  const result = Quarantine.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  throw new AppError('POLICY_INVALID', problems.join('\n'), { details: { problems } });
}
