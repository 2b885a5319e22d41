import { AppError } from '../../lib/errors.ts';
import { issueTexts } from '../../lib/issues.ts';
import { policyChanges, whenText } from '../../policy/reading/changes.ts';
import { MachinePolicy } from '../../policy/schema.ts';
import { POLICIES, type PolicyName } from '../../policy/table.ts';
import { vmNamed } from '../../project/open.ts';
import { savePolicy, withProject } from '../../project/save.ts';

/** What a policy is changed to, and when that holds on users’ computers. */
export interface SetPolicy<Name extends PolicyName> {
  value: MachinePolicy[Name];
  inForce: string;
}

/**
 * Sets one policy of a machine in its policy file; `change` is given what is there, and gives what will be, still to
 * be parsed; undefined: nothing is set.
 * @throws PROJECT_*, VM_UNKNOWN, POLICY_INVALID
 */
export async function setPolicy<Name extends PolicyName>(
  folder: string,
  vm: string,
  name: Name,
  change: (before: MachinePolicy[Name]) => unknown,
): Promise<SetPolicy<Name>> {
  return withProject(folder, async (project) => {
    const found = vmNamed(project, vm);
    const { [name]: before, ...others } = found.policy.value;
    const wanted = change(before);
    const result = MachinePolicy.safeParse({ ...others, ...(wanted === undefined ? {} : { [name]: wanted }) });
    if (!result.success) {
      const problems = issueTexts(result.error);
      throw new AppError('POLICY_INVALID', problems.join('\n'), { details: { problems } });
    }
    await savePolicy(found, result.data);
    const when = policyChanges(found.policy.value, result.data)[0]?.when ?? POLICIES[name].when;
    const inForce = `it ${whenText(when)}, once a package or a deploy has brought it there`;
    return { value: result.data[name], inForce };
  });
}
