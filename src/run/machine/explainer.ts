import { type Destination, type Explanation, explain } from '../../quarantine/lists/explain.ts';
import type { MachineParts } from './parts.ts';

/** Says of destinations whether the list in force lets a machine reach them, and by which rule; names stand for what the filter has. */
export async function explainerOf({
  access,
  network,
  deps,
}: Pick<MachineParts, 'access' | 'network' | 'deps'>): Promise<(to: Destination) => Explanation> {
  const { filterMode, lists } = access.verdict;
  if (filterMode === 'refuse') return () => ({ allowed: false, rule: 'no access: nothing passes' });
  const own = new Set((await deps.computer.host.links()).addresses);
  const names = await network.namedAddresses(filterMode);
  return (to) => {
    if (own.has(to.host)) return { allowed: false, rule: 'always closed: this computer itself' };
    const { hasIpv6: ipv6, stopper } = network;
    const explained = explain(lists[filterMode], to, names, { ipv6, subnets: network.own.subnets });
    if (!explained.allowed || !stopper) return explained;
    const rule = `${explained.rule}, but ${stopper.program} stops it on this computer; let it through: ${stopper.command}`;
    return { allowed: false, rule };
  };
}
