import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { jsonOrNothing } from '../../lib/json.ts';
import { NamedTurns } from '../../lib/turns.ts';
import { readIfThere, removeFile, writeFileAtomic } from '../../sys/files/files.ts';
import { makeFolder } from '../../sys/files/folders.ts';
import { computerPaths } from '../state/layout.ts';

const MAX_BYTES = 16 << 20;
const Id = z.string().regex(/^[0-9a-f]{16}$/);
const newId = () => randomBytes(8).toString('hex');

/** This process: what another one wrote and did not note is looked for once. */
export const PROCESS = newId();

/** A machine, and in which state folder. */
export interface Machine {
  state: string;
  vm: string;
}

/** Which of a machine’s sealed files were written last. */
const Written = z.strictObject({
  /** It is in each of their seals: a file of an earlier installation is none of this one’s. */
  series: Id,
  /** The process that wrote this. */
  by: Id,
  /** The highest number that was noted: each writing has a higher one than all before. */
  last: z.int().min(0),
  /** The number of what is in each place. */
  files: z.record(z.string(), z.int().min(1)),
});
export type Written = z.infer<typeof Written>;

/**
 * Whether the files of a machine must be sealed. It lies outside the state folder: who takes a seal off there, or puts an older file
 * back, does not take this, or put it back. `begun`: they are being sealed, and may still lie in clear; `ending`: they are being put back
 * in clear.
 */
const DemandFile = z.strictObject({
  format: z.literal(1),
  is: z.enum(['begun', 'whole', 'ending']),
  /** Not yet there where a Lazaret that knew no numbers sealed it. */
  written: Written.exactOptional(),
});
export type Demand = Omit<z.infer<typeof DemandFile>, 'format' | 'is'> & {
  is: z.infer<typeof DemandFile>['is'] | 'damaged';
};

/** Files of one machine are written one at a time: none is lost that somebody else writes, and no number given twice. */
const turns = new NamedTurns();

export function inTurn<T>({ state, vm }: Machine, work: () => Promise<T>): Promise<T> {
  return turns.take(join(state, vm), work);
}

/** One that cannot be read demands all the same, and says of no file that it was written last. */
export async function readDemand(machine: Machine): Promise<Demand | undefined> {
  const bytes = await readIfThere(demandPath(machine), MAX_BYTES);
  return bytes && (DemandFile.safeParse(jsonOrNothing(bytes.toString('utf8'))).data ?? { is: 'damaged' });
}

export async function writeDemand(machine: Machine, demand: Demand): Promise<void> {
  await makeFolder(computerPaths(machine.state).demands, 0o700);
  await writeFileAtomic(demandPath(machine), demandText(demand), 0o600);
}

export async function removeDemand(machine: Machine): Promise<void> {
  await removeFile(demandPath(machine));
}

export function demandText(demand: Demand): string {
  return `${JSON.stringify({ format: 1, ...demand })}\n`;
}

export function demandPath({ state, vm }: Machine): string {
  return join(computerPaths(state).demands, `${vm}.json`);
}

export function nothingWritten(): Written {
  return { series: newId(), by: PROCESS, last: 0, files: {} };
}

/**
 * Whether the file of a number is the one that was written last in its place. What was written and is not noted, because something
 * ended that, has a higher number than all that is noted. One without a number is of a Lazaret that gave none.
 */
export function isLast({ is, written }: Demand, name: string, number: number | undefined): boolean {
  if (number === undefined) return is !== 'damaged' && (is !== 'whole' || written === undefined);
  return written !== undefined && (number > written.last || written.files[name] === number);
}
