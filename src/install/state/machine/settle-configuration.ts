import { AppError } from '../../../lib/errors.ts';
import type { MachinePolicy } from '../../../policy/schema.ts';
import { readIfThere } from '../../../sys/files/files.ts';
import { MAX_ENVELOPE_BYTES, opensAs, placeOf, writeInClear } from '../../seals/configuration-file.ts';
import {
  type Demand,
  demandPath,
  inTurn,
  type Machine,
  nothingWritten,
  readDemand,
  removeDemand,
  writeDemand,
} from '../../seals/demand.ts';
import { envelopeIn } from '../../seals/envelope.ts';
import { claim, type Numbered, writeNext } from '../../seals/numbering.ts';
import { sealableFiles } from '../../seals/sealable-files.ts';

/** Whether a policy wants the configuration of its machine sealed (fact 24: encrypted disks imply it). */
export function seals({ encryption }: MachinePolicy): boolean {
  return encryption?.configuration === true || encryption?.disks === true;
}

/** Whether they have that form. */
export async function isConfigurationSettled(state: string, vm: string, isSealed: boolean): Promise<boolean> {
  const demand = await readDemand({ state, vm });
  return isSealed ? demand?.is === 'whole' && demand.written !== undefined : demand === undefined;
}

/**
 * Brings the files of a machine into the form that its policy wants. Whenever this stops, all can be read, and doing it again
 * brings it to its end. @throws DISK_FULL, FILE_DENIED, SEAL_KEY_LOST
 */
export async function settleConfiguration(state: string, vm: string, isSealed: boolean): Promise<void> {
  const machine = { state, vm };
  await inTurn(machine, async () => {
    if (await isConfigurationSettled(state, vm, isSealed)) return;
    if (isSealed) await sealAll(machine, await begin(machine));
    else await clearAll(machine, await end(machine));
  });
}

/** What is written of a machine from now on has the form that its policy wants; what is there is still read. */
export async function beginConfiguration(state: string, vm: string, isSealed: boolean): Promise<void> {
  const machine = { state, vm };
  await inTurn(machine, async () => {
    if (await isConfigurationSettled(state, vm, isSealed)) return;
    await (isSealed ? begin(machine) : end(machine));
  });
}

/** Nothing more is demanded of a machine that is gone. */
export async function forgetSeal(state: string, vm: string): Promise<void> {
  await inTurn({ state, vm }, () => removeDemand({ state, vm }));
}

/** What was sealed by a Lazaret that knew no numbers gets some, in the machine’s turn. @throws SEAL_BROKEN */
export async function numberAll(machine: Machine, demand: Demand): Promise<Numbered> {
  const { written } = demand;
  if (written) return { ...demand, written };
  const path = demandPath(machine);
  if (demand.is === 'damaged') throw new AppError('SEAL_BROKEN', `${path} is damaged`, { details: { path } });
  return sealAll(machine, await begin(machine));
}

async function begin(machine: Machine): Promise<Numbered> {
  const written = (await readDemand(machine))?.written ?? nothingWritten();
  await writeDemand(machine, { is: 'begun', written });
  return { is: 'begun', written };
}

async function end(machine: Machine): Promise<Demand> {
  const { is: _is, ...kept } = (await readDemand(machine)) ?? {};
  await writeDemand(machine, { is: 'ending', ...kept });
  return { is: 'ending', ...kept };
}

async function sealAll(machine: Machine, begun: Numbered): Promise<Numbered> {
  let demand = await claim(machine, begun);
  for (const path of await sealableFiles(machine.state, machine.vm)) {
    const place = placeOf(path);
    const bytes = await readIfThere(path, MAX_ENVELOPE_BYTES);
    if (!place || !bytes) continue;
    const envelope = envelopeIn(bytes);
    if (envelope?.number !== undefined) continue;
    // What cannot be read stays as it is, and is damaged in either form.
    const opened = envelope ? await opensAs(place, envelope, demand) : bytes;
    if (opened) demand = await writeNext(place, path, opened, demand);
  }
  const whole: Numbered = { ...demand, is: 'whole' };
  await writeDemand(machine, whole);
  return whole;
}

async function clearAll(machine: Machine, demand: Demand): Promise<void> {
  for (const path of await sealableFiles(machine.state, machine.vm)) {
    const place = placeOf(path);
    const bytes = await readIfThere(path, MAX_ENVELOPE_BYTES);
    const envelope = bytes && envelopeIn(bytes);
    const opened = place && envelope && (await opensAs(place, envelope, demand));
    if (opened) await writeInClear(path, opened);
  }
  await removeDemand(machine);
}
