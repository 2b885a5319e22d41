import { AppError } from '../../lib/errors.ts';
import type { Protocol } from '../../policy/parts/access-entry.ts';
import { parseDestination } from '../../quarantine/lists/destination.ts';
import type { Explanation } from '../../quarantine/lists/explain.ts';
import type { RunningMachine } from '../../run/machine/machine.ts';

const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp', 'icmp'];

export interface DestinationReport extends Explanation {
  vm: string;
  to: string;
  access: 'normal' | 'restricted' | 'refused';
}

/**
 * Whether a running machine may reach a destination, and by which rule of the list in force.
 * @throws USAGE
 */
export async function explainDestination(
  machine: RunningMachine,
  to: string,
  asked = 'tcp',
): Promise<DestinationReport> {
  const protocol = PROTOCOLS.find((known) => known === asked);
  const destination = protocol && parseDestination(to, protocol);
  if (!destination) throw new AppError('USAGE', `“${to}” is not HOST:PORT`);
  const { access } = machine.access.report();
  return { vm: machine.spec.name, to, access, ...(await machine.explain(destination)) };
}
