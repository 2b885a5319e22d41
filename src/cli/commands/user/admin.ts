import type { Command } from 'commander';
import type { HardwareRequest } from '../../../api/hardware.ts';
import { ROUTES } from '../../../api/routes.ts';
import { memory, wholeNumber } from '../../arguments.ts';
import { addCommand } from '../../program.ts';
import {
  type AdministratorPasswordOptions,
  administratorPassword,
  administratorPasswordOption,
} from '../../secrets/administrator-password.ts';
import { askOnce, type ServiceOptions } from '../../service.ts';
import { print } from '../../terminal/print.ts';

interface AdminOptions extends ServiceOptions, AdministratorPasswordOptions {
  memory?: number;
  cpus?: number;
  asPackaged?: boolean;
}

/** `lazaret admin`: the administrator at a user’s computer (ACE 1.0 p. 229). */
export function addAdminCommand(program: Command): void {
  addCommand<AdminOptions>(
    program,
    'admin <vm>',
    'look at a machine’s hardware, or change it, with the administrator’s password',
    async (context, options, vm = '') => {
      const password = await administratorPassword(vm, options);
      const body = { ...(password === undefined ? {} : { password }), ...changeBy(options) };
      const { memoryMiB, cpus, packaged, most } = await askOnce(options, ROUTES.hardware, { vm, body });
      const lines = [
        `${vm}        ${sizeText({ memoryMiB, cpus })}, from its next start on`,
        `  packaged    ${sizeText(packaged)}`,
        `  this computer has ${sizeText(most)}`,
      ];
      print(context, { vm, memoryMiB, cpus, packaged, most }, lines.join('\n'));
    },
  )
    .option('--memory <size>', 'memory such as 2G; a bare number counts MiB', memory)
    .option('--cpus <n>', 'processors', wholeNumber)
    .option('--as-packaged', 'as its package brought it')
    .addOption(administratorPasswordOption());
}

function changeBy({ memory: memoryMiB, cpus, asPackaged }: AdminOptions): Omit<HardwareRequest, 'password'> {
  const change = { ...(memoryMiB === undefined ? {} : { memoryMiB }), ...(cpus === undefined ? {} : { cpus }) };
  return {
    ...(Object.keys(change).length > 0 ? { change } : {}),
    ...(asPackaged ? { asPackaged } : {}),
  };
}

/** Memory and processors, for people. */
export function sizeText({ memoryMiB, cpus }: { memoryMiB: number; cpus: number }): string {
  return `${memoryMiB} MiB, ${cpus} ${cpus === 1 ? 'processor' : 'processors'}`;
}
