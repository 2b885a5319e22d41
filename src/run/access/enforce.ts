import type { MachineNetwork } from '../../firewall/machine/network.ts';
import { isStricter } from '../../quarantine/access-mode.ts';
import type { Verdict } from './verdict.ts';

export type Filter = Pick<MachineNetwork, 'state' | 'switchTo' | 'changeLists'>;

/**
 * Makes the filter follow a verdict, in milliseconds: a stricter mode before other lists, a wider one after them.
 * @throws FILTER_FAILED, NETWORK_FAILED when it does not follow
 */
export async function enforce(filter: Filter, { lists, filterMode }: Verdict): Promise<number> {
  const switchMode = async () =>
    filter.state().mode === filterMode ? 0 : (await filter.switchTo(filterMode)).durationMs;
  const changeLists = async () => (await filter.changeLists(lists)).durationMs;
  const [first, second] = isStricter(filterMode, filter.state().mode)
    ? [switchMode, changeLists]
    : [changeLists, switchMode];
  return (await first()) + (await second());
}
