import type { Command } from 'commander';
import { AppError } from '../../../../lib/errors.ts';
import { newAdministratorAccess } from '../../../../manager/policies/administrator-access.ts';
import { setPolicy } from '../../../../manager/policies/set-policy.ts';
import { addCommand } from '../../../program.ts';
import {
  type AdministratorPasswordOptions,
  administratorPasswordOption,
  newAdministratorPassword,
} from '../../../secrets/administrator-password.ts';
import { print } from '../../../terminal/print.ts';

/** `policy administrator-access`: a password with which a machine’s hardware is changed on users’ computers. */
export function addAdministratorAccessCommand(policy: Command): void {
  addCommand<AdministratorPasswordOptions & { directory: string }>(
    policy,
    'administrator-access <vm> <on|off>',
    'set whether who knows a password of yours may change a machine’s hardware on users’ computers',
    async (context, { directory, ...options }, vm = '', word = '') => {
      if (word !== 'on' && word !== 'off') throw new AppError('USAGE', `say on or off, not ${word}`);
      const wanted = word === 'on' ? await newAdministratorAccess(await newAdministratorPassword(options)) : undefined;
      const { value, inForce } = await setPolicy(directory, vm, 'administratorAccess', () => wanted);
      print(context, value ?? null, `${vm}: administrator access ${word}; ${inForce}`);
    },
  ).addOption(administratorPasswordOption());
}
