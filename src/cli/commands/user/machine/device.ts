import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DevicesAnswer } from '../../../../api/devices.ts';
import { ROUTES } from '../../../../api/routes.ts';
import { AppError } from '../../../../lib/errors.ts';
import { addCommand } from '../../../program.ts';
import { type PasswordOptions, passwordOption, userOption, withPassword } from '../../../secrets/password.ts';
import { askOnce, type ServiceOptions } from '../../../service.ts';
import { print, table } from '../../../terminal/print.ts';

/** `devices`, `connect` and `disconnect`: what a user connects to his machine while it runs. */
export function addDeviceCommands(program: Command): void {
  addCommand<ServiceOptions>(
    program,
    'devices <vm>',
    'list the devices of a machine, and who may connect them',
    async (context, options, vm = '') => {
      const answer = await askOnce(options, ROUTES.devices, { vm });
      print(context, answer, listText(answer));
    },
  );

  addCommand<ServiceOptions & PasswordOptions & { force?: boolean; queue?: string }>(
    program,
    'connect <vm> <device> [file]',
    'connect a device to a machine that runs: a disc or a stick by its image, this computer’s drive or USB device by its path',
    async (context, options, vm = '', device = '', file?: string) => {
      const { force = false, queue } = options;
      if (file !== undefined && queue !== undefined)
        throw new AppError('USAGE', 'a device is a file or, with --queue, a queue for a printer, not both');
      const body = {
        ...{ device, force },
        ...(file === undefined ? {} : { file: resolve(file) }),
        ...(queue === undefined ? {} : { queue }),
      };
      const answer = await withPassword(vm, options, ({ user, password }) =>
        askOnce(options, ROUTES.connectDevice, {
          ...{ vm, signal: context.signal },
          body: { ...body, ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) },
        }),
      );
      const what = answer.devices.find(({ name }) => name === device)?.connected?.what;
      print(context, answer, `“${device}” of ${vm} is connected: ${what}`);
    },
  )
    .option('--queue <queue>', 'of a printer: which of this computer’s queues it is')
    .option('--force', 'also where the guest holds on to what is there')
    .addOption(userOption())
    .addOption(passwordOption());

  addCommand<ServiceOptions & { force?: boolean }>(
    program,
    'disconnect <vm> <device>',
    'take a device away from a machine that runs',
    async (context, options, vm = '', device = '') => {
      const { force = false } = options;
      const answer = await askOnce(options, ROUTES.disconnectDevice, { vm, body: { device, force } });
      print(context, answer, `“${device}” of ${vm} is not connected`);
    },
  ).option('--force', 'also where the guest holds on to it');
}

const WHO: Record<DevicesAnswer['devices'][number]['may'], string> = {
  nobody: 'the project lets nobody connect it',
  everybody: 'everybody may connect it',
  'users-and-groups': 'users and groups of the project’s domain may connect it',
  script: 'a plug-in decides whether it is connected',
};

function listText({ vm, devices }: DevicesAnswer): string {
  if (devices.length === 0) return `${vm} has no devices that could be connected`;
  return table(
    devices.map(({ name, kind, named, may, connected }) => [
      name,
      named === undefined ? kind : `${kind} ${named}`,
      connected?.what ?? '–',
      WHO[may],
    ]),
  );
}
