import type { Command } from 'commander';
import type { MachineAnswer, SecretsRequest } from '../../../../api/machine.ts';
import { ROUTES } from '../../../../api/routes.ts';
import { AppError } from '../../../../lib/errors.ts';
import { nameOfUser } from '../../../../sys/programs/users.ts';
import { addCommand } from '../../../program.ts';
import { type PasswordOptions, passwordOption, userOption, withPassword } from '../../../secrets/password.ts';
import { askOnce, isFailure, type ServiceOptions } from '../../../service.ts';
import { print, printStep, table } from '../../../terminal/print.ts';
import { DEFAULT_WAIT, waitMs } from '../../../wait.ts';
import { addClipboardCommands } from './clipboard.ts';
import { addDeviceCommands } from './device.ts';
import { hostText, machineText, projectText } from './machine-text.ts';
import { addReimageCommand } from './reimage.ts';
import { addSendCommand } from './send.ts';
import { addShareCommand } from './share.ts';
import { addSnapshotCommands } from './snapshot.ts';
import { addSuspendCommand, startAsking } from './suspend.ts';

export function addMachineCommands(program: Command): void {
  addCommand<ServiceOptions>(program, 'list', 'list the installed machines', async (context, options) => {
    const { machines } = await askOnce(options, ROUTES.status, {});
    const owners = await ownersOf(machines);
    const rows = machines.map(({ vm, state, generation, access, owner }) => [
      vm,
      state,
      generation === undefined ? '' : `generation ${generation}`,
      access ?? '',
      ...(owners.size > 0 ? [owners.get(owner) ?? 'everybody’s'] : []),
    ]);
    print(context, machines, rows.length > 0 ? table(rows) : 'no machine is installed');
  });

  addCommand<ServiceOptions>(
    program,
    'status [vm]',
    'show what machines may reach, and why',
    async (context, options, vm?: string) => {
      if (vm !== undefined) {
        const machine = await askOnce(options, ROUTES.machine, { vm });
        return print(context, machine, machineText(machine));
      }
      const status = await askOnce(options, ROUTES.status, {});
      const head = projectText(status);
      const host = status.host ? [hostText(status.host)] : [];
      print(context, status, [head, ...host, ...status.machines.map(machineText)].join('\n\n'));
    },
  );

  addCommand<ServiceOptions & PasswordOptions & { wait?: string | true; discard?: boolean }>(
    program,
    'start <vm>',
    'start a machine; one that is suspended goes on where it was',
    async (context, options, vm = '') => {
      const timeoutMs = options.wait === undefined ? 0 : waitMs(options.wait);
      const started = await startAsking(context, options, vm, { mayRun: timeoutMs > 0 });
      if (timeoutMs > 0) printStep(context, `${vm} runs; waiting until its guest has its address`);
      const machine = timeoutMs > 0 ? await askOnce(options, ROUTES.ready, { vm, body: { timeoutMs } }) : started;
      print(context, machine, machineText(machine));
    },
  )
    .option(
      '--wait [duration]',
      `until its guest has its address, for ${DEFAULT_WAIT} where no time is given; of a machine that runs already too`,
    )
    .option('--discard', 'boot it although it is suspended: what is in its memory alone is lost')
    .addOption(userOption())
    .addOption(passwordOption());

  addCommand<ServiceOptions & PasswordOptions>(
    program,
    'passwd <vm>',
    'change the password that opens a machine',
    async (context, options, vm = '') => {
      const ask = (body: SecretsRequest) => askOnce(options, ROUTES.password, { vm, body });
      const changed = await withPassword(vm, options, ask, true);
      print(context, changed, `the password of ${vm} is changed`);
    },
  ).addOption(passwordOption());

  addCommand<ServiceOptions & { force?: boolean }>(
    program,
    'stop <vm>',
    'shut a machine down',
    async (context, options, vm = '') => {
      const body = { force: options.force === true };
      if (options.force !== true && (await mayRun(options, vm)))
        printStep(context, `${vm} is asked to shut down; one that does not is powered off in 30 s`);
      const machine = await askOnce(options, ROUTES.stop, { vm, body });
      const { poweredOff } = machine;
      const how = poweredOff === undefined ? 'has stopped' : `was powered off, because ${poweredOff}`;
      print(context, machine, `${vm} ${how}`);
    },
  ).option('--force', 'power it off at once');

  addCommand<ServiceOptions>(
    program,
    'reset <vm>',
    'restart a machine as its reset button would; what its programs have not saved is lost',
    async (context, options, vm = '') => {
      const machine = await askOnce(options, ROUTES.reset, { vm });
      print(context, machine, `${vm} was reset`);
    },
  );

  addCommand<ServiceOptions>(
    program,
    'rollback <vm>',
    'let a machine’s next start use its former system',
    async (context, options, vm = '') => {
      const rolled = await askOnce(options, ROUTES.rollback, { vm });
      const when = rolled.afterStop ? '; it takes effect at its next start' : '';
      const stays = `“lazaret update” leaves it there until there is a newer package; “lazaret update ${vm}” installs generation ${rolled.from} again`;
      print(context, rolled, `${vm} is back at generation ${rolled.to}, from ${rolled.from}${when}\n${stays}`);
    },
  );

  addSuspendCommand(program);
  addReimageCommand(program);
  addSnapshotCommands(program);
  addDeviceCommands(program);
  addClipboardCommands(program);
  addSendCommand(program);
  addShareCommand(program);

  addCommand<ServiceOptions>(
    program,
    'look-up <vm>',
    'look up a running machine’s policy now',
    async (context, options, vm = '') => {
      const machine = await askOnce(options, ROUTES.lookUp, { vm });
      print(context, machine, machineText(machine));
      const failed = machine.lookUpFailed;
      if (failed) throw new AppError(failed.code, `the policy could not be looked up: ${failed.reason}`);
    },
  );

  addCommand<ServiceOptions & { protocol: string }>(
    program,
    'explain <vm> <host:port>',
    'say whether a machine may reach a place, and why',
    async (context, options, vm = '', to = '') => {
      const answer = await askOnce(options, ROUTES.explain, { vm, query: { to, protocol: options.protocol } });
      print(
        context,
        answer,
        `${answer.allowed ? 'allowed' : 'not allowed'} in ${answer.access} access, by: ${answer.rule}`,
      );
    },
  ).option('--protocol <name>', 'tcp, udp or icmp', 'tcp');
}

/** Whether a machine may be running: what the service does not say is found out by whoever asks it for more. */
async function mayRun(options: ServiceOptions, vm: string): Promise<boolean> {
  try {
    const { state } = await askOnce(options, ROUTES.machine, { vm });
    return state !== 'stopped' && state !== 'suspended';
  } catch (error) {
    if (isFailure(error) || error instanceof AppError) return error.code !== 'VM_UNKNOWN';
    throw error;
  }
}

/** Whose machines are, for root, who sees all; none where all are everybody’s. */
async function ownersOf(machines: readonly MachineAnswer[]): Promise<Map<number | undefined, string>> {
  const numbers = new Set(machines.flatMap(({ owner }) => owner ?? []));
  if (process.getuid?.() !== 0) return new Map();
  const named = [...numbers].map(async (uid) => [uid, `of ${await nameOfUser(uid)}`] as const);
  return new Map(await Promise.all(named));
}
