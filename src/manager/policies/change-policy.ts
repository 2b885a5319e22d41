import { AppError } from '../../lib/errors.ts';
import { issueTexts } from '../../lib/issues.ts';
import { Quarantine } from '../../policy/quarantine.ts';
import { openProject, type Project, vmNamed } from '../../project/open.ts';
import { savePolicy, withProject } from '../../project/save.ts';
import { lostByType } from '../../quarantine/edit/version-list.ts';
import { inForceText } from '../../quarantine/in-force.ts';

/** Says whether whoever changes something goes on although `loss` happens, or that he was told to go on whatever is lost. */
export type AgreeToLoss = 'to-any' | ((loss: string) => Promise<boolean>);

export interface ChangedPolicy {
  quarantine: Quarantine;
  /** What is still to be done so that users’ computers hold to it. */
  inForce: string;
}

/** A machine’s quarantine as it stands in the project. @throws PROJECT_*, VM_UNKNOWN */
export async function quarantineOf(folder: string, vm: string): Promise<Quarantine> {
  return vmNamed(await openProject(folder), vm).policy.value.quarantine;
}

/**
 * Changes the quarantine in a machine’s policy file. Where it becomes another type, what goes with the old one for good
 * has to be agreed to; without `agree` it is refused. `seen` is the digest of the file that whoever changes it has looked at:
 * another one is not overwritten.
 * @throws PROJECT_*, VM_UNKNOWN, POLICY_INVALID, LOSS_CONFIRM, PROJECT_CHANGED
 */
export async function changePolicy(
  folder: string,
  vm: string,
  change: (before: Quarantine) => unknown,
  agree?: AgreeToLoss,
  seen?: string,
): Promise<ChangedPolicy> {
  const agreed = await agreedLoss(folder, vm, change, agree);
  return withProject(folder, async (project) => {
    const found = vmNamed(project, vm);
    if (seen !== undefined && seen !== found.policy.sha256)
      throw new AppError('PROJECT_CHANGED', `the policy of ${vm} was changed by somebody else meanwhile`);
    const before = found.policy.value.quarantine;
    const quarantine = parsed(change(before));
    const loss = lossText(vm, before, quarantine);
    // What another command added meanwhile was not agreed to.
    if (loss !== undefined && agree !== 'to-any' && loss !== agreed) throw new AppError('LOSS_CONFIRM', loss);
    await savePolicy(found, { ...found.policy.value, quarantine });
    return { quarantine, inForce: inForceOf(project, before, quarantine) };
  });
}

/** The loss that was agreed to; it is asked about while other commands may work on the project. */
async function agreedLoss(
  folder: string,
  vm: string,
  change: (before: Quarantine) => unknown,
  agree: AgreeToLoss | undefined,
): Promise<string | undefined> {
  if (agree === undefined || agree === 'to-any') return undefined;
  const before = await quarantineOf(folder, vm);
  const loss = lossText(vm, before, parsed(change(before)));
  return loss !== undefined && (await agree(loss)) ? loss : undefined;
}

/** What is lost for good with the type that a machine’s quarantine had; undefined where nothing is. */
export function lossText(vm: string, before: Quarantine, after: Quarantine): string | undefined {
  const lost = lostByType(before, after);
  if (lost.length === 0) return undefined;
  return `as ${after.type} quarantine ${vm} would lose ${lost.join(', ')}`;
}

function inForceOf({ file }: Project, before: Quarantine, after: Quarantine): string {
  return inForceText(before, after, file.value.policyServer !== undefined);
}

/** @throws POLICY_INVALID with all problems */
function parsed(value: unknown): Quarantine {
  const result = Quarantine.safeParse(value);
  if (result.success) return result.data;
  const problems = issueTexts(result.error);
  throw new AppError('POLICY_INVALID', problems.join('\n'), { details: { problems } });
}
