import type { Command } from 'commander';
import { ROUTES } from '../../../../api/routes.ts';
import {
  type ConnectOptions,
  connectedText,
  connectOptions,
  connectRequest,
  devicesText,
  disconnectedText,
} from '../../../devices.ts';
import { addCommand } from '../../../program.ts';
import { type PasswordOptions, withPassword } from '../../../secrets/password.ts';
import { askOnce, type ServiceOptions } from '../../../service.ts';
import { print } from '../../../terminal/print.ts';

/** `devices`, `connect` and `disconnect`: what a user connects to his machine while it runs. */
export function addDeviceCommands(program: Command): void {
  addCommand<ServiceOptions>(
    program,
    'devices <vm>',
    'list the devices of a machine, and who may connect them',
    async (context, options, vm = '') => {
      const answer = await askOnce(options, ROUTES.devices, { vm });
      print(context, answer, devicesText(answer));
    },
  );

  connectOptions(
    addCommand<ServiceOptions & PasswordOptions & ConnectOptions>(
      program,
      'connect <vm> <device> [file]',
      'connect a device to a machine that runs: a disc or a stick by its image, a parallel port by the file to print to, this computer’s drive, port or USB device by its path',
      async (context, options, vm = '', device = '', file?: string) => {
        const wanted = connectRequest(device, file, options);
        const { signal } = context;
        const answer = await withPassword(vm, options, ({ newPassword: _none, ...who }) =>
          askOnce(options, ROUTES.connectDevice, { vm, signal, body: { ...wanted, ...who } }),
        );
        print(context, answer, connectedText(answer, device));
      },
    ),
  );

  addCommand<ServiceOptions & { force?: boolean }>(
    program,
    'disconnect <vm> <device>',
    'take a device away from a machine that runs',
    async (context, options, vm = '', device = '') => {
      const { force = false } = options;
      const answer = await askOnce(options, ROUTES.disconnectDevice, { vm, body: { device, force } });
      print(context, answer, disconnectedText(answer, device));
    },
  ).option('--force', 'also where the guest holds on to it');
}
