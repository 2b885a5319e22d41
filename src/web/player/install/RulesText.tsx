import { Code } from '@mantine/core';
import type { HostRules } from '../../../api/install.ts';
import type { AsJson } from '../../../lib/json.ts';
import { hostPolicyText } from '../../../quarantine/host-policy-text.ts';

/** Rules for the computer itself, zone by zone, for whoever is asked to consent to them. */
export function RulesText({ policy }: { policy: AsJson<HostRules>['policy'] }) {
  // He reads all of it: nothing is out of sight at the side.
  return (
    <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
      {hostPolicyText(policy)}
    </Code>
  );
}
