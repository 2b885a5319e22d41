import { canonicalJson } from '../lib/json.ts';
import { Encryption } from './protection.ts';
import type { MachinePolicy } from './schema.ts';

type Section = Exclude<keyof MachinePolicy, 'format'>;

/**
 * When a changed section of an installed machine’s policy holds, if it comes without the machine (ACE 1.0 p. 142):
 * at-once       running machines too
 * next-start    from the machine’s next start on
 * next-update   from the next update of the machine on
 * reinstall     for machines installed from now on; this one stays as it is
 * with-machine  never: the machine must be in the package
 */
export type When = 'at-once' | 'next-start' | 'next-update' | 'reinstall' | 'with-machine';

const WHEN = {
  quarantine: 'at-once',
  ipv6: 'next-start',
  updates: 'next-update',
  reimage: 'reinstall',
  encryption: 'with-machine',
  authentication: 'with-machine',
} as const satisfies Record<Section, When>;

/** What a section that is not there means. */
const ABSENT: Partial<MachinePolicy> = {
  ipv6: false,
  encryption: Encryption.parse({}),
  authentication: { type: 'none' },
  reimage: { enabled: false },
};

export interface PolicyChange {
  section: Section;
  when: When;
}

/** The sections in which two policies differ, and when each difference would hold. */
export function policyChanges(before: MachinePolicy, after: MachinePolicy): PolicyChange[] {
  const sections = Object.keys(WHEN).filter((key): key is Section => key in WHEN);
  return sections
    .filter((section) => text(before, section) !== text(after, section))
    .map((section) => ({ section, when: WHEN[section] }));
}

function text(policy: MachinePolicy, section: Section): string {
  return canonicalJson(policy[section] ?? ABSENT[section] ?? null);
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
