import { expireTime } from '../../policy/parts/term.ts';
import { pluginUser } from '../machine/host/users.ts';
import type { MachineParts } from '../machine/parts.ts';
import { machineSockets } from '../machine/record.ts';
import { askDeviceScript } from './ask-script.ts';
import { ConnectedDevices } from './connected-devices.ts';

/** The devices of a machine that has been put together. */
export function devicesOf(
  { spec, deps, access, known, qmp, network }: MachineParts,
  isSuspending: () => boolean,
  signal: AbortSignal,
): ConnectedDevices {
  const { name: vm, devices = {}, runFolder, number, mode } = spec;
  const sockets = machineSockets(runFolder);
  const document = () => access.policy.document;
  return new ConnectedDevices({
    ...{ vm, devices, runFolder, document, isFree: mode === 'free', isSuspending },
    host: {
      ...{ qemu: qmp, monitor: sockets.files, parallel: sockets.parallel, printer: network.printer },
      ...(mode === 'installed' ? {} : { heardIn: 'the manager’s page' }),
    },
    askScript: (asked) =>
      askDeviceScript(
        { ...asked, document: document(), expireTime: expireTime(known.term), signal },
        deps.plugins,
        pluginUser(number),
      ),
    tell: (happening) => deps.events.add({ vm, ...happening }),
    now: () => deps.policies.now(),
  });
}
