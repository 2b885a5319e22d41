import type { Command } from 'commander';
import { ProgressLine, type ProvedAnswer } from '../../api/install.ts';
import { ROUTES } from '../../api/routes.ts';
import { AppError } from '../../lib/errors.ts';
import type { Check } from '../../run/computer/doctor.ts';
import { print, table } from '../print.ts';
import { addCommand } from '../program.ts';
import { askLines, parseAnswer, type ServiceOptions } from '../service.ts';

export function addDoctorCommand(program: Command): void {
  addCommand<ServiceOptions & { check?: boolean }>(
    program,
    'doctor',
    'look for what keeps machines from running here',
    async (context, options) => {
      // Only here: most commands talk to the service alone and start sooner without it.
      const { checkComputer } = await import('../../run/computer/doctor.ts');
      const computer = await checkComputer(options.socket);
      const machines = options.check ? await proveMachines(options, context.signal) : [];
      const checks = [...computer, ...machines];
      const text = table(checks.map(rowOf));
      const details = { details: { checks } };
      if (!computer.every(({ ok }) => ok))
        throw new AppError('NETWORK_FAILED', `this computer is not ready\n${text}`, details);
      if (!machines.every(({ ok }) => ok))
        throw new AppError('STATE_DAMAGED', `not all that is installed is as it was signed\n${text}`, details);
      print(context, checks, text);
    },
  ).option('--check', 'read all that is installed, and compare it with what was signed');
}

/** What the service finds when it reads all that is installed. @throws DAEMON_* */
async function proveMachines(options: ServiceOptions, signal: AbortSignal): Promise<Check[]> {
  for await (const line of askLines(options, ROUTES.prove, { signal })) {
    const answered = parseAnswer(line, ProgressLine);
    if ('result' in answered) return parseAnswer(answered.result, ROUTES.prove.answer).machines.map(proofOf);
  }
  throw new AppError('DAEMON_UNREACHABLE', 'the service ended before it had read all');
}

function proofOf({ vm, failure }: ProvedAnswer['machines'][number]): Check {
  return {
    what: failure ? `machine ${vm}: ${failure.reason}` : `machine ${vm}: all of it is as it was signed`,
    ok: failure === undefined,
    remedy: failure?.remedy ?? '',
  };
}

function rowOf({ what, ok, remedy, note }: Check): string[] {
  if (!ok) return ['NOT OK', what, remedy];
  return note === undefined ? ['ok', what, ''] : ['note', what, note];
}
