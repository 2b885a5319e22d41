import { resolve } from 'node:path';
import type { Command } from 'commander';
import { DEVICE_ROUTES } from '../../../../api/devices.ts';
import { AppError } from '../../../../lib/errors.ts';
import { listDevices } from '../../../../manager/machines/devices.ts';
import { askedAt, runsNot } from '../../../../manager/machines/running-sockets.ts';
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
import { askOnceAt, type Route } from '../../../service.ts';
import { print } from '../../../terminal/print.ts';

interface Located {
  directory: string;
  run: string;
}

/** `vm device list`, `connect` and `disconnect`: an administrator tries the devices of his own copy, in preview or powered on. */
export function addConnectCommands(device: Command): void {
  withRun(
    addCommand<Located>(
      device,
      'list <vm>',
      'list the devices of a machine, and who may connect them; asked as root, also what is connected',
      async (context, { directory, run }, vm = '') => {
        const folder = resolve(directory);
        const socket = process.getuid?.() === 0 ? await askedAt(folder, vm, resolve(run)) : undefined;
        const answer =
          socket === undefined
            ? { vm, devices: await listDevices(folder, vm) }
            : await askManager(socket, DEVICE_ROUTES.devices, { vm });
        print(context, answer, devicesText(answer));
      },
    ),
  );

  withRun(
    connectOptions(
      addCommand<Located & PasswordOptions & ConnectOptions>(
        device,
        'connect <vm> <device> [file]',
        'connect a device to a machine in preview or powered on (as root): a disc or a stick by its image, a parallel port by the file to print to, this computer’s drive, port or USB device by its path',
        async (context, options, vm = '', name = '', file?: string) => {
          const wanted = connectRequest(name, file, options);
          const socket = await socketOf(options, vm);
          const { signal } = context;
          const answer = await withPassword(vm, options, ({ newPassword: _none, ...who }) =>
            askManager(socket, DEVICE_ROUTES.connectDevice, { vm, signal, body: { ...wanted, ...who } }),
          );
          print(context, answer, connectedText(answer, name));
        },
      ),
    ),
  );

  withRun(
    addCommand<Located & { force?: boolean }>(
      device,
      'disconnect <vm> <device>',
      'take a device away from a machine in preview or powered on (as root)',
      async (context, options, vm = '', name = '') => {
        const body = { device: name, force: options.force === true };
        const answer = await askManager(await socketOf(options, vm), DEVICE_ROUTES.disconnectDevice, { vm, body });
        print(context, answer, disconnectedText(answer, name));
      },
    ).option('--force', 'also where the guest holds on to it'),
  );
}

function withRun(command: Command): void {
  command.option('--run <dir>', 'where its sockets are', '/run/lazaret');
}

/** @throws ROOT_NEEDED, PROJECT_*, VM_UNKNOWN, VM_NOT_RUNNING */
async function socketOf({ directory, run }: Located, vm: string): Promise<string> {
  const socket = await askedAt(resolve(directory), vm, resolve(run));
  if (socket === undefined) throw runsNot(vm);
  return socket;
}

/** Asks the process that runs the machine. @throws what that says, VM_NOT_RUNNING where it was killed */
async function askManager<Answer, Body>(
  socket: string,
  route: Route<Answer, Body>,
  asked: { vm: string; body?: Body; signal?: AbortSignal },
) {
  try {
    return await askOnceAt(socket, route, asked);
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code !== 'DAEMON_UNREACHABLE') throw cause;
    throw new AppError(
      'VM_NOT_RUNNING',
      `${asked.vm} runs, but no manager looks after it: run it as before, which takes it over`,
      { cause },
    );
  }
}
