import { type Command, Option } from 'commander';
import { AppError } from '../../../../lib/errors.ts';
import { issueTexts } from '../../../../lib/issues.ts';
import { addDevice, removeDevice } from '../../../../manager/machines/devices.ts';
import {
  CARD_NETWORKS,
  type CardNetwork,
  DEVICE_KINDS,
  type DeviceKind,
  MachineDevice,
} from '../../../../policy/parts/machine-devices.ts';
import { addCommand } from '../../../program.ts';
import { print } from '../../../terminal/print.ts';
import { addConnectCommands } from './vm-device-connect.ts';

interface Located {
  directory: string;
}

interface AddOptions extends Located {
  kind: DeviceKind;
  network?: CardNetwork;
  vendor?: string;
  product?: string;
  class?: string;
}

const PACKED = 'users get it with the next package that has the machine';

/** `vm device`: what users may connect to a machine while it runs, as far as its policy lets them; its administrator to his own copy. */
export function addVmDeviceCommands(vm: Command): void {
  const device = vm.command('device').description('what users may connect to a machine');

  addCommand<AddOptions>(
    device,
    'add <vm> <device>',
    'give a machine a device, which nobody may connect before its policy lets him',
    async (context, options, name = '', device = '') => {
      const { devices = {} } = await addDevice(options.directory, name, device, deviceBy(options));
      print(context, { vm: name, devices }, `${name} has “${device}”; ${PACKED}`);
    },
  )
    .addOption(new Option('--kind <kind>', 'what it is').choices(DEVICE_KINDS).makeOptionMandatory())
    .addOption(new Option('--network <where>', 'of a network card: where it leads').choices(CARD_NETWORKS))
    .option('--vendor <number>', 'of a USB device: its maker, such as 1050')
    .option('--product <number>', 'of a USB device: its product, such as 0407')
    .option('--class <number>', 'of a USB device: what it is for, such as 0b for card readers');

  addCommand<Located>(
    device,
    'remove <vm> <device>',
    'take a device from a machine',
    async (context, { directory }, name = '', device = '') => {
      const { devices = {} } = await removeDevice(directory, name, device);
      print(context, { vm: name, devices }, `${name} has no “${device}” any more; ${PACKED}`);
    },
  );

  addConnectCommands(device);
}

/** @throws USAGE */
function deviceBy({ kind, network, vendor, product, class: deviceClass }: AddOptions): MachineDevice {
  // Only these: a command is given the options of the programs above it, too.
  const wanted = { kind, network, vendor, product, class: deviceClass };
  const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
  const { data, error } = MachineDevice.safeParse(Object.fromEntries(given));
  if (data) return data;
  const why = issueTexts(error).join('; ');
  throw new AppError('USAGE', `this is no device of kind ${kind}: ${why}`);
}
