import { dirname, join } from 'node:path';
import { isThere, readIfThere, removeFile } from '../../sys/files/files.ts';
import { syncFolder } from '../../sys/files/folders.ts';
import { instancePaths } from '../state/layout.ts';
import { isNamed, MAX_ENVELOPE_BYTES, opensAs, type Place, placeOf, writeNumbered } from './configuration-file.ts';
import { type Demand, inTurn, type Machine, PROCESS, readDemand, type Written, writeDemand } from './demand.ts';
import { envelopeIn } from './envelope.ts';
import { sealableFiles } from './sealable-files.ts';

/** What is demanded of a machine whose files have numbers. */
export type Numbered = Demand & { written: Written };

/** Machines of which something may have been written that is not noted: the disk was full, for one. */
const unsure = new Set<string>();

/**
 * Makes sure that no number is given twice: what another process wrote, or this one, and did not come to note, is noted. In the
 * machine’s turn.
 */
export async function claim(machine: Machine, demand: Numbered): Promise<Numbered> {
  const id = idOf(machine);
  const isOurs = demand.written.by === PROCESS;
  if (isOurs && !unsure.has(id)) return demand;
  const found = await lastFiles(machine, demand);
  // What this process has in a folder without a name is on its way to one: only what another one noted is gone with its file.
  const files = isOurs ? { ...demand.written.files, ...found } : found;
  const last = Math.max(demand.written.last, ...Object.values(found));
  const claimed = { ...demand, written: { ...demand.written, by: PROCESS, last, files } };
  await writeDemand(machine, claimed);
  unsure.delete(id);
  return claimed;
}

/** Replaces a sealed file, in the machine’s turn. @throws DISK_FULL, FILE_DENIED, SEAL_KEY_LOST */
export async function writeNext(place: Place, path: string, bytes: Buffer, demand: Numbered): Promise<Numbered> {
  try {
    return await writeNumbered(place, path, bytes, demand);
  } catch (error) {
    unsure.add(idOf(place));
    throw error;
  }
}

/** Removes a file of a machine; a copy that is put back in its place is none that was written last. */
export async function removeConfiguration(path: string): Promise<void> {
  const place = placeOf(path);
  if (!place) return removeFile(path);
  await inTurn(place, async () => {
    await removeFile(path);
    const demand = await readDemand(place);
    const { [place.name]: number, ...files } = demand?.written?.files ?? {};
    if (!demand?.written || number === undefined) return;
    // Where the power goes now, a file that comes back is one that is still noted.
    if (await isThere(dirname(path))) await syncFolder(dirname(path));
    await writeDemand(place, { ...demand, written: { ...demand.written, files } });
  });
}

/** Of files that went with their folders nothing is noted any more. Nobody makes or moves a folder of the machine meanwhile. */
export async function forgetRemoved(state: string, vm: string): Promise<void> {
  const machine = { state, vm };
  await inTurn(machine, async () => {
    const demand = await readDemand(machine);
    if (!demand?.written) return;
    const files = await lastFiles(machine, { ...demand, written: demand.written });
    if (Object.keys(demand.written.files).every((name) => Object.hasOwn(files, name))) return;
    const { folder, generations, snapshots } = instancePaths(state, vm);
    for (const each of [folder, generations, snapshots]) if (await isThere(each)) await syncFolder(each);
    const last = Math.max(demand.written.last, ...Object.values(files));
    await writeDemand(machine, { ...demand, written: { ...demand.written, last, files } });
  });
}

/** The files that are there and were written last, by place. */
async function lastFiles(machine: Machine, demand: Numbered): Promise<Record<string, number>> {
  const { files } = demand.written;
  const found: Record<string, number> = {};
  for (const path of await sealableFiles(machine.state, machine.vm)) {
    const place = placeOf(path);
    const bytes = place && (await readIfThere(path, MAX_ENVELOPE_BYTES));
    if (!bytes) continue;
    const noted = files[place.name];
    const envelope = envelopeIn(bytes);
    const isNew = noted !== envelope?.number && isNamed(path, place);
    const isRight = isNew && envelope && (await opensAs(place, envelope, demand)) !== undefined;
    const number = isRight ? envelope.number : noted;
    if (number !== undefined) found[place.name] = number;
  }
  return found;
}

function idOf({ state, vm }: Machine): string {
  return join(state, vm);
}
