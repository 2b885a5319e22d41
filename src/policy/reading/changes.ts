import { type AsJson, canonicalJson } from '../../lib/json.ts';
import type { MachinePolicy } from '../schema.ts';
import { POLICIES, POLICY_NAMES, type PolicyName, type When } from '../table.ts';

export interface PolicyChange {
  section: PolicyName;
  when: When;
}

/** A policy as JSON has it: the entries of its lists are text. */
type Written = AsJson<MachinePolicy>;

/** The policies in which two machines’ differ, and when each difference would hold. */
export function policyChanges(before: MachinePolicy | Written, after: MachinePolicy | Written): PolicyChange[] {
  return POLICY_NAMES.filter((name) => text(before, name) !== text(after, name)).map((section) => ({
    section,
    when: whenChanged(section, before, after),
  }));
}

function whenChanged(name: PolicyName, before: MachinePolicy | Written, after: MachinePolicy | Written): When {
  const row = POLICIES[name];
  return 'whenOf' in row ? row.whenOf(before, after) : row.when;
}

function text(policy: MachinePolicy | Written, name: PolicyName): string {
  return canonicalJson(policy[name] ?? POLICIES[name].absent);
}

/** What people call the policies that changed. */
export function changeWords(changes: readonly PolicyChange[]): string {
  return changes.map(({ section }) => POLICIES[section].words).join(' and ');
}

/** When a change holds, for people. */
export function whenText(when: When): string {
  switch (when) {
    case 'at-once':
      return 'holds at once, for a running machine too';
    case 'next-start':
      return 'holds from the machine’s next start on';
    case 'next-update':
      return 'holds from the next update of the machine on';
    case 'reinstall':
      return 'holds for machines installed from now on; one that is installed stays as it is';
    case 'with-machine':
      return 'holds only with the machine itself in the package';
  }
}
