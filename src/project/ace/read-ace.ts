import { basename } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { requireGoing } from '../../lib/interrupted.ts';
import type { HostPolicy } from '../../policy/host.ts';
import type { Quarantine } from '../../policy/quarantine.ts';
import { type ForeignMachine, readForeign } from '../foreign/read-foreign.ts';
import type { Described } from './descriptions.ts';
import { type AceFolder, type AceMachineFolder, lookAtProject } from './folder.ts';
import { readLines } from './lines.ts';
import { machineName } from './machine-name.ts';
import { type AceNote, aceNote } from './notes.ts';
import { readGuestRules, readHostRules } from './rules.ts';

/** What would become of a VMware ACE project, before anything is made. */
export interface AceProject {
  name: string;
  host?: HostPolicy;
  machines: AceMachine[];
  /** What of the project itself is not carried over; that of machines is with them. */
  notes: AceNote[];
}

export interface AceMachine {
  /** What it is called in the new project. */
  name: string;
  machine: ForeignMachine;
  quarantine: Quarantine;
  notes: AceNote[];
}

/**
 * Reads a VMware ACE project by what is documented of its files (ACE 1.0 pp. 235-239). Nothing is written.
 * @throws IMPORT_*, DISK_*, FILE_*, INTERRUPTED
 */
export async function readAce(path: string, signal?: AbortSignal): Promise<AceProject> {
  const folder = await lookAtProject(path);
  const notes = [aceNote('identity'), aceNote('secrets'), ...folder.notes];
  const { host, described } = await projectRules(folder, notes);
  const machines: AceMachine[] = [];
  for (const each of folder.machines) {
    requireGoing(signal);
    const name = machineName(each.name, new Set(machines.map((machine) => machine.name)));
    machines.push({ name, ...(await readMachine(each, name, described, signal)) });
  }
  return { name: folder.name, ...(host ? { host } : {}), machines, notes };
}

async function projectRules({ policies }: AceFolder, notes: AceNote[]) {
  if (!policies) return { described: new Map<string, Described>() };
  const { host, described, notes: more } = readHostRules(await readLines(policies.path, policies.name));
  notes.push(...more);
  return { described, ...(host ? { host } : {}) };
}

async function readMachine(
  { name: before, vmx, policies, notes }: AceMachineFolder,
  name: string,
  described: ReadonlyMap<string, Described>,
  signal: AbortSignal | undefined,
): Promise<Omit<AceMachine, 'name'>> {
  const rules = policies
    ? readGuestRules(await readLines(policies.path, policies.name), described)
    : { quarantine: { type: 'none' as const }, notes: [] };
  const machine = await readForeign(vmx.path, { signal });
  if (machine.kind !== 'vmx') throw new AppError('IMPORT_INVALID', `${basename(vmx.path)} describes no machine`);
  const isSaid = machine.notes.some(({ code }) => code === 'suspended');
  return {
    machine,
    quarantine: rules.quarantine,
    notes: [
      ...(before === name ? [] : [aceNote('name', { from: before })]),
      ...rules.notes,
      ...notes.filter(({ code }) => code !== 'suspended' || !isSaid),
    ],
  };
}
