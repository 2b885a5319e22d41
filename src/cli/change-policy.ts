import { AppError } from '../lib/errors.ts';
import { Quarantine } from '../policy/quarantine.ts';
import { vmNamed } from '../project/open.ts';
import { savePolicy, withProject } from '../project/save.ts';

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

/** @throws POLICY_INVALID with all problems */
export function parsed(value: unknown): Quarantine {
  const result = Quarantine.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  throw new AppError('POLICY_INVALID', problems.join('\n'), { details: { problems } });
}
