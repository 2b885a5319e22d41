import type { Reported } from '../../quarantine/versions/origin.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';
import type { MachineSpec, RunDeps } from '../machine/spec.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/**
 * What a machine is judged by what is at hand, without asking anybody, on the network that its computer is on: the lists of
 * another zone would be open until it is judged in earnest.
 */
export async function knownVerdict(
  { mode }: Pick<MachineSpec, 'mode'>,
  {
    computer,
    policies,
  }: { computer: Pick<RunDeps['computer'], 'facts' | 'enforcement'>; policies: Pick<RunDeps['policies'], 'now'> },
  { policy, reported }: { policy: CurrentPolicy; reported: Reported | undefined },
): Promise<Verdict> {
  const host = await computer.facts(policy.document.policy.quarantine);
  const { enforcement } = computer;
  return verdictOf({ mode, policy, reported, enforcement, now: await policies.now(), host });
}
