import type { Command } from 'commander';
import { AppError } from '../../../../lib/errors.ts';
import { setPolicy } from '../../../../manager/policies/set-policy.ts';
import { changeValue, valueText } from '../../../../policy/edit/edit-value.ts';
import { POLICIES, POLICY_NAMES, type PolicyName } from '../../../../policy/table.ts';
import { addCommand } from '../../../program.ts';
import { print } from '../../../terminal/print.ts';

/** `policy set`: any policy by its settings, as `policy.yaml` names them; so that each can be set without an editor. */
export function addPolicyValueCommand(policy: Command): void {
  addCommand<{ directory: string; unset?: true }>(
    policy,
    'set <vm> <policy> [setting...]',
    'set a policy by its settings: set office snapshots enabled=true most=4',
    async (context, { directory, unset }, vm = '', given = '', ...more) => {
      const [name, words] = [nameOf(given), more.flat()];
      if (unset ? words.length > 0 : words.length === 0)
        throw new AppError('USAGE', 'say the settings, such as enabled=true; or --unset, without any');
      const { value, inForce } = await setPolicy(directory, vm, name, (before) =>
        unset ? undefined : wanted(before, words),
      );
      const text = `${vm}: ${POLICIES[name].words}: ${valueText(value)}; ${inForce}`;
      print(context, value ?? null, text);
    },
  ).option('--unset', 'as if nothing had been said of it');
}

/** @throws USAGE */
function nameOf(given: string): PolicyName {
  const name = POLICY_NAMES.find((known) => known === given);
  if (name === undefined) throw new AppError('USAGE', `there is no policy “${given}”: ${POLICY_NAMES.join(', ')}`);
  return name;
}

/** @throws USAGE */
function wanted(before: unknown, words: readonly string[]): unknown {
  const value = changeValue(before, words);
  if (value === undefined) throw new AppError('USAGE', 'settings are said as name=value, such as enabled=true');
  return value;
}
