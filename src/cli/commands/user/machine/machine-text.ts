import type { FailureText } from '../../../../api/failure.ts';
import type { MachineAnswer, NameAnswer } from '../../../../api/machine.ts';
import type { HostAnswer, StatusAnswer } from '../../../../api/status.ts';
import { clashText, movedText } from '../../../../quarantine/subnets.ts';
import { failureText } from '../../../terminal/print.ts';
import { sizeText } from '../admin.ts';

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

export function hostText({ state, zone, mode, entries, since, failure }: HostAnswer): string {
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

export function projectText({ project, projectFailure }: StatusAnswer): string {
  if (projectFailure) return `project\n  ${failureText(projectFailure, '  ')}`;
  return project ? `project ${project.name}  ${project.fingerprint}` : 'no project yet: install a package';
}

function damageOf({ code = '', reason = '', remedy = '', causes = [] }: MachineAnswer): FailureText {
  return { code, reason, causes, remedy };
}

export function machineText(machine: MachineAnswer): string {
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
