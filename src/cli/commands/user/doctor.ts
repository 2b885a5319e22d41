import type { Command } from 'commander';
import { FailureCode } from '../../../api/failure.ts';
import { ProgressLine, type ProvedAnswer } from '../../../api/install.ts';
import { ROUTES } from '../../../api/routes.ts';
import { typed } from '../../../lib/command-words.ts';
import { AppError, type ErrorCode } from '../../../lib/errors.ts';
import type { Check } from '../../../run/computer/doctor/doctor.ts';
import type { ServiceFacts } from '../../../run/computer/doctor/doctor-facts.ts';
import { systemClock } from '../../../sys/clock.ts';
import { requireRoot } from '../../../sys/programs/users.ts';
import { defaultState } from '../../own-folders.ts';
import { addCommand, type Context } from '../../program.ts';
import { askLines, askOnce, isFailure, parseAnswer, type ServiceOptions } from '../../service.ts';
import { isAgreed } from '../../terminal/confirm.ts';
import { print, printStep, table } from '../../terminal/print.ts';

/** What was found of a machine, with the code of a failure. */
interface MachineCheck extends Check {
  code?: ErrorCode;
}

interface FixOptions {
  fix?: boolean;
  yes?: boolean;
}

export function addDoctorCommand(program: Command): void {
  addCommand<ServiceOptions & FixOptions & { check?: boolean }>(
    program,
    'doctor',
    'look for what keeps machines from running here',
    async (context, options) => {
      // Only here: most commands talk to the service alone and start sooner without it.
      const { checkComputer } = await import('../../../run/computer/doctor/doctor.ts');
      const checked = async () =>
        checkComputer({ socket: options.socket, facts: await factsOf(options), now: systemClock() });
      if (options.fix) await fix(context, options, await checked());
      const computer = [...(await checked()), ...(await stoppedMachines(options))];
      const machines = options.check ? await proveMachines(options, context.signal) : [];
      const checks = [...computer, ...(await tryServers(options, context.signal)), ...machines];
      const text = table(checks.map(rowOf));
      const details = { details: { checks } };
      if (!computer.every(({ ok }) => ok))
        throw new AppError('COMPUTER_UNREADY', `this computer is not ready\n${text}`, details);
      const damaged = machines.find(({ ok }) => !ok);
      if (damaged)
        throw new AppError(damaged.code ?? 'STATE_DAMAGED', `not all that is installed is whole\n${text}`, details);
      print(context, checks, text);
    },
  )
    .option(
      '--check',
      'read all that is installed: compare it with what was signed, and look for mistakes in the disks that machines wrote',
    )
    .option('--fix', 'do what root can about what is found, once you agree to it, and look again')
    .option('--yes', 'with --fix: do it without asking');
}

/** Does what can be done about what was found. What fails is told, and found again. @throws ROOT_NEEDED, INTERRUPTED */
async function fix(context: Context, { yes = false }: FixOptions, checks: readonly Check[]): Promise<void> {
  requireRoot('mending this computer');
  const { mend, mendings } = await import('../../../run/computer/doctor/doctor-mend.ts');
  const todo = mendings(checks);
  if (todo.length === 0) return printStep(context, 'nothing was found that a command mends');
  const list = todo.map((words) => `  ${typed(words)}`).join('\n');
  if (!(yes || (await isAgreed(context, `Run this as root?\n${list}`))))
    return printStep(context, `nothing was done; with --yes, this would be:\n${list}`);
  for (const words of todo) {
    printStep(context, typed(words));
    const failed = await mend(words, context.signal);
    if (failed !== undefined) printStep(context, `that failed: ${failed}`);
  }
}

/** What the service knows of this computer; where it does not answer, where its machines would be. */
async function factsOf(options: ServiceOptions): Promise<ServiceFacts> {
  try {
    const { signedAt, ...facts } = await askOnce(options, ROUTES.computer, {});
    return { ...facts, ...(signedAt === undefined ? {} : { signedAt: Date.parse(signedAt) }) };
  } catch (error) {
    // That it does not answer is a check of its own, and an older one knows of none of this.
    if (isFailure(error)) return { state: defaultState() };
    throw error;
  }
}

/** The machines of which the service has seen that another program stops what they send; none where it does not answer. */
async function stoppedMachines(options: ServiceOptions): Promise<Check[]> {
  try {
    const { machines } = await askOnce(options, ROUTES.status, {});
    return machines.flatMap(({ vm, stoppedBy }) =>
      stoppedBy
        ? [{ what: `machine ${vm}: what it sends gets through`, ok: false, remedy: letThrough(stoppedBy) }]
        : [],
    );
  } catch (error) {
    // That it does not answer is a check of its own.
    if (error instanceof AppError && error.code.startsWith('DAEMON_')) return [];
    throw error;
  }
}

function letThrough({ program, command }: { program: string; command: string }): string {
  return `${program} stops it on this computer; let it through: ${command}`;
}

/** How the service reaches its servers. A machine runs without them, so what fails is only noted. */
async function tryServers(options: ServiceOptions, signal: AbortSignal): Promise<Check[]> {
  const answer = await askOnce(options, ROUTES.servers, { signal }).catch((error: unknown) => {
    // That there is no service is a check of its own.
    if (isFailure(error) && error.code.startsWith('DAEMON_')) return undefined;
    throw error;
  });
  if (!answer) return [];
  const but = answer.except === undefined ? '' : `, but for ${answer.except} (NO_PROXY)`;
  const ways = answer.proxies.map((proxy) => ({
    ...{ what: `the proxy ${proxy}`, ok: true, remedy: '' },
    note: `web servers are reached through it${but}`,
  }));
  const servers = answer.servers.map(({ holds, address, failure }) => ({
    ...{ what: `${holds} from ${address}`, ok: true, remedy: '' },
    ...(failure ? { note: `${failure.code}: ${failure.reason}. ${failure.remedy}` } : {}),
  }));
  return [...ways, ...servers];
}

/** What the service finds when it reads all that is installed. @throws DAEMON_* */
async function proveMachines(options: ServiceOptions, signal: AbortSignal): Promise<MachineCheck[]> {
  for await (const line of askLines(options, ROUTES.prove, { signal })) {
    const answered = parseAnswer(line, ProgressLine);
    if ('result' in answered) return parseAnswer(answered.result, ROUTES.prove.answer).machines.flatMap(proofsOf);
  }
  throw new AppError('DAEMON_UNREACHABLE', 'the service ended before it had read all');
}

type Proof = ProvedAnswer['machines'][number];

function proofsOf({ vm, failure, disks }: Proof): MachineCheck[] {
  return [checkOf(vm, failure, 'all of it is as it was signed'), ...disks.map((disk) => diskCheckOf(vm, disk))];
}

function diskCheckOf(vm: string, { what, failure, runs, locked }: Proof['disks'][number]): MachineCheck {
  const unseen = { what: `machine ${vm}: ${what}`, ok: true, remedy: '' };
  if (locked) return { ...unseen, note: 'it is encrypted: only its user can open it, and nothing is said of it' };
  if (runs) return { ...unseen, note: 'it runs, or is being started: shut it down and check again' };
  return checkOf(vm, failure, `${what} has no mistakes`);
}

function checkOf(vm: string, failure: Proof['failure'], good: string): MachineCheck {
  if (!failure) return { what: `machine ${vm}: ${good}`, ok: true, remedy: '' };
  const { code, reason, remedy } = failure;
  return { what: `machine ${vm}: ${reason}`, ok: false, remedy, code: FailureCode.parse(code) };
}

function rowOf({ what, ok, remedy, note }: Check): string[] {
  if (!ok) return ['NOT OK', what, remedy];
  return note === undefined ? ['ok', what, ''] : ['note', what, note];
}
