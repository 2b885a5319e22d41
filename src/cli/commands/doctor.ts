import type { Command } from 'commander';
import { AppError } from '../../lib/errors.ts';
import type { Check } from '../../run/computer/doctor.ts';
import { print, table } from '../print.ts';
import { addCommand } from '../program.ts';
import type { ServiceOptions } from '../service.ts';

export function addDoctorCommand(program: Command): void {
  addCommand<ServiceOptions>(
    program,
    'doctor',
    'look for what keeps machines from running here',
    async (context, { socket }) => {
      // Only here: most commands talk to the service alone and start sooner without it.
      const { checkComputer } = await import('../../run/computer/doctor.ts');
      const checks = await checkComputer(socket);
      const text = table(checks.map(rowOf));
      if (checks.every(({ ok }) => ok)) return print(context, checks, text);
      throw new AppError('NETWORK_FAILED', `this computer is not ready\n${text}`, { details: { checks } });
    },
  );
}

function rowOf({ what, ok, remedy, note }: Check): string[] {
  if (!ok) return ['NOT OK', what, remedy];
  return note === undefined ? ['ok', what, ''] : ['note', what, note];
}
