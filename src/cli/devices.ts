import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { ConnectRequest, DevicesAnswer } from '../api/devices.ts';
import { AppError } from '../lib/errors.ts';
import { passwordOption, userOption } from './secrets/password.ts';
import { table } from './terminal/print.ts';

/** How a device is connected, by either command line. */
export interface ConnectOptions {
  force?: boolean;
  queue?: string;
}

export function connectOptions(command: Command): Command {
  return command
    .option('--queue <queue>', 'of a printer: which of this computer’s queues it is')
    .option('--force', 'also where the guest holds on to what is there')
    .addOption(userOption())
    .addOption(passwordOption());
}

/** What is to be connected; a file by its whole path. @throws USAGE */
export function connectRequest(
  device: string,
  file: string | undefined,
  { force = false, queue }: ConnectOptions,
): ConnectRequest {
  if (file !== undefined && queue !== undefined)
    throw new AppError('USAGE', 'a device is a file or, with --queue, a queue for a printer, not both');
  return {
    ...{ device, force },
    ...(file === undefined ? {} : { file: resolve(file) }),
    ...(queue === undefined ? {} : { queue }),
  };
}

export function connectedText({ vm, devices }: DevicesAnswer, device: string): string {
  const what = devices.find(({ name }) => name === device)?.connected?.what;
  return `“${device}” of ${vm} is connected: ${what}`;
}

export function disconnectedText({ vm }: DevicesAnswer, device: string): string {
  return `“${device}” of ${vm} is not connected`;
}

const WHO: Record<DevicesAnswer['devices'][number]['may'], string> = {
  nobody: 'the project lets nobody connect it',
  everybody: 'everybody may connect it',
  'users-and-groups': 'users and groups of the project’s domain may connect it',
  script: 'a plug-in decides whether it is connected',
};

export function devicesText({ vm, devices }: DevicesAnswer): string {
  if (devices.length === 0) return `${vm} has no devices that could be connected`;
  return table(
    devices.map(({ name, kind, named, network, may, connected }) => [
      name,
      [kind, network ?? named ?? ''].join(' ').trim(),
      connected?.what ?? '–',
      WHO[may],
    ]),
  );
}
