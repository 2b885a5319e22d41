import type { Command } from 'commander';
import type { FailureText } from '../../../api/failure.ts';
import type { MachineAnswer, NameAnswer, SecretsRequest } from '../../../api/machine.ts';
import { ROUTES } from '../../../api/routes.ts';
import type { HostAnswer, StatusAnswer } from '../../../api/status.ts';
import { AppError } from '../../../lib/errors.ts';
import { clashText, movedText } from '../../../quarantine/subnets.ts';
import { nameOfUser } from '../../../sys/programs/users.ts';
import { failureText, print, printStep, table } from '../../print.ts';
import { addCommand } from '../../program.ts';
import { type PasswordOptions, passwordOption, userOption, withPassword } from '../../secrets/password.ts';
import { askOnce, isFailure, type ServiceOptions } from '../../service.ts';
import { DEFAULT_WAIT, waitMs } from '../../wait.ts';
import { sizeText } from './admin.ts';
import { addClipboardCommands } from './clipboard.ts';
import { addDeviceCommands } from './device.ts';
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
      const started = await startAsking(context, options, vm);
      if (timeoutMs > 0) printStep(context, `${vm} runs; waiting until its guest has its address`);
      const machine = timeoutMs > 0 ? await askOnce(options, ROUTES.ready, { vm, body: { timeoutMs } }) : started;
      print(context, machine, machineText(machine));
    },
  )
    .option('--wait [duration]', `until its guest has its address, for ${DEFAULT_WAIT} where no time is given`)
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

const ORIGIN = {
  guest: 'reported by its guest',
  signed: 'signed by its update server',
  package: 'brought by its package',
};

/** Longer lists are in the JSON report. */
const MAX_NAMES = 20;

function nameText({ name, pinned, addresses, secondsLeft, unresolvedSince, code }: NameAnswer): string {
  const [first = 'no address yet', ...others] = addresses;
  const stands = addresses.length > 0 ? `, ${secondsLeft ?? 0} s left` : '';
  const has = `${pinned ? 'pinned, ' : ''}${first}${others.length > 0 ? ` and ${others.length} more` : ''}${stands}`;
  if (unresolvedSince === undefined) return `${name}: ${has}`;
  const kept = addresses.length > 0 ? `; last good answer ${has}` : '';
  return `${name}: cannot resolve since ${unresolvedSince} (${code})${kept}`;
}

function hostText({ state, zone, mode, entries, since, failure }: HostAnswer): string {
  const rules = 'rules for this computer itself';
  switch (state) {
    case 'in-force':
      return `${rules}: in force since ${since}, ${zone === undefined ? 'in no zone' : `in zone ${zone}`}, ${mode} of ${entries}`;
    case 'free':
      return `${rules}: none holds on this network`;
    case 'not-enforced':
      return `${rules}: not enforced, because this service runs without root`;
    case 'failed':
      return `${rules}: NOT in force as they should be${failure ? `\n  ${failureText(failure, '  ')}` : ''}`;
  }
}

function readyText({ readySince }: MachineAnswer): string {
  return readySince === undefined
    ? 'not yet: its guest has no address'
    : `since ${readySince}: its guest has its address`;
}

const PORTS = { virtio: 'through the virtio port', serial: 'through the second serial port' };

function guestToolsText({ healthy, port }: NonNullable<MachineAnswer['guest']>): string {
  return `${healthy ? 'healthy' : 'its health command fails'}, ${PORTS[port]}`;
}

function resolversText({ addresses, silentSince }: NonNullable<MachineAnswer['resolvers']>): string {
  if (addresses.length === 0) return 'nobody is asked, so that no name resolves';
  return `${addresses.join(', ')}${silentSince === undefined ? '' : `: NO ANSWER since ${silentSince}`}`;
}

function projectText({ project, projectFailure }: StatusAnswer): string {
  if (projectFailure) return `project\n  ${failureText(projectFailure, '  ')}`;
  return project ? `project ${project.name}  ${project.fingerprint}` : 'no project yet: install a package';
}

function damageOf({ code = '', reason = '', remedy = '', causes = [] }: MachineAnswer): FailureText {
  return { code, reason, causes, remedy };
}

function machineText(machine: MachineAnswer): string {
  const { vm, state, access, reason, message, version, descriptor, policySerial, lookedUpAt, accel, enforcement } =
    machine;
  if (state === 'damaged') return `${vm}  damaged\n  ${failureText(damageOf(machine), '  ')}`;
  const former = machine.former === undefined ? '' : `, can go back to ${machine.former}`;
  const lines = [`${vm}  ${state}  generation ${machine.generation ?? '-'}${former}`];
  if (machine.waiting !== undefined)
    lines.push(`waiting      generation ${machine.waiting} is installed: stop the machine and start it to use it`);
  if (machine.suspendedAt !== undefined)
    lines.push(`suspended    since ${machine.suspendedAt}: its next start goes on there`);
  const { stands } = machine;
  if (stands) lines.push(failureText(stands));
  if (access !== undefined) lines.push(`access       ${access}: ${reason ?? ''}`);
  if (state === 'running') lines.push(`ready        ${readyText(machine)}`);
  if (machine.guest) lines.push(`guest tools  ${guestToolsText(machine.guest)}`);
  if (message !== undefined) lines.push(`message      ${message}`);
  const word = machine.origin === undefined ? '' : `, ${ORIGIN[machine.origin]}`;
  lines.push(`version      ${version ?? descriptor ?? 'not reported yet'}${word}`);
  if (machine.zone !== undefined) lines.push(`zone         ${machine.zone}`);
  if (policySerial !== undefined) lines.push(`policy       ${policySerial}, looked up ${lookedUpAt ?? 'never'}`);
  const failed = machine.lookUpFailed;
  if (failed) lines.push(`look-ups     fail since ${failed.since}: ${failed.reason} (${failed.code})`);
  const stopped = machine.stoppedBy;
  if (stopped) {
    lines.push(`NO NETWORK   ${stopped.program} stops what the machine sends on this computer`);
    lines.push(`             let it through: ${stopped.command}`);
  }
  for (const moved of machine.moved ?? []) lines.push(`subnet       ${movedText(moved)}`);
  for (const clash of machine.clashes ?? []) lines.push(`CLASH        ${clashText(clash)}`);
  if (accel !== undefined) lines.push(`runs on      ${accel}, enforcement ${enforcement}`);
  if (machine.resolvers) lines.push(`resolvers    ${resolversText(machine.resolvers)}`);
  for (const name of machine.names?.slice(0, MAX_NAMES) ?? []) lines.push(`name         ${nameText(name)}`);
  if (machine.sharedFolder) lines.push(`shared       ${sharedText(machine.sharedFolder)}`);
  const { hardware } = machine;
  if (hardware)
    lines.push(
      `hardware     ${sizeText(hardware)}, by its administrator; packaged with ${sizeText(hardware.packaged)}`,
    );
  lines.push(...lockedLines(machine), ...termLines(machine));
  if (machine.trial !== undefined) lines.push(`on trial     ${machine.trial}`);
  if (machine.notes !== undefined) lines.push(`notes        ${machine.notes.replaceAll('\n', `\n${' '.repeat(15)}`)}`);
  return lines.join('\n  ');
}

function sharedText({ path, readOnly, since, uid }: NonNullable<MachineAnswer['sharedFolder']>): string {
  const whose = uid === undefined ? '' : `, by user ${uid}`;
  return `${path}, to be read${readOnly ? '' : ' and written'}, since ${since}${whose}`;
}

/** What its project withholds from its user, or wants of him. */
function lockedLines({ rights }: MachineAnswer): string[] {
  if (!rights) return [];
  const said = [
    rights.power ? [] : 'no reset and no power off; shutting down works',
    rights.fullScreen ? 'shown on the full screen alone' : [],
    rights.preferences ? [] : 'how it is shown cannot be changed',
  ].flat();
  return said.map((text) => `set          by its project: ${text}`);
}

/** How long it may still be used, and why it would not start. */
function termLines({ expiration, cannotStart }: MachineAnswer): string[] {
  const lines: string[] = [];
  if (expiration) {
    const { state, endsAt, daysLeft, message } = expiration;
    const last = new Date(Date.parse(endsAt) - 1).toLocaleDateString('sv-SE');
    const text =
      state === 'expired' ? 'it is over' : `until ${last}, ${daysLeft} more ${daysLeft === 1 ? 'day' : 'days'}`;
    lines.push(`time         ${text}${message === undefined ? '' : `: ${message.replaceAll('\n', ' ')}`}`);
  }
  if (cannotStart) lines.push(failureText(cannotStart));
  return lines;
}
