import type { NetworkOptions } from '../../../firewall/machine/network-options.ts';
import { clashText } from '../../../quarantine/subnets.ts';
import type { MachineSpec, RunDeps } from '../spec.ts';

/** Tells of what others do to the computer’s network, as far as it is the machine’s matter. Never fails: it only tells. */
export function toldHost(
  { name: vm }: MachineSpec,
  { events }: RunDeps,
): Pick<NetworkOptions, 'tellHost' | 'tellClash'> {
  const removed = 'another program removed the rules that keep machines apart; they are back';
  return {
    tellHost: (change) => {
      if (change === 'mended') void events.add({ vm, kind: 'failed', text: removed });
    },
    tellClash: (clash) => void events.add({ vm, kind: 'network', text: clashText(clash), details: { ...clash } }),
  };
}
