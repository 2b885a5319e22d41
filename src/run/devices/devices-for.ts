import { cardsOf, drivesOf, hasMicrophone, hasSound, parallelOf, portsOf } from '../../policy/parts/machine-devices.ts';
import type { QemuPlan } from '../../vm/args.ts';
import type { MachineSpec } from '../machine/spec.ts';

/** What of a machine’s devices is there from its start on. */
export function devicesFor({
  devices = {},
}: MachineSpec): Pick<
  QemuPlan,
  'drives' | 'cards' | 'ports' | 'parallel' | 'hasSound' | 'hasMicrophone' | 'hasDevices'
> {
  const [drives, cards, ports] = [drivesOf(devices), cardsOf(devices), portsOf(devices)];
  const parallel = parallelOf(devices);
  return {
    ...(drives.length > 0 ? { drives } : {}),
    ...(cards.length > 0 ? { cards } : {}),
    ...(ports.length > 0 ? { ports } : {}),
    ...(parallel === undefined ? {} : { parallel }),
    ...(hasSound(devices) ? { hasSound: true } : {}),
    ...(hasMicrophone(devices) ? { hasMicrophone: true } : {}),
    ...(Object.keys(devices).length > 0 ? { hasDevices: true } : {}),
  };
}
