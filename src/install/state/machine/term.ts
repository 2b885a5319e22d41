import { z } from 'zod';
import { AppError } from '../../../lib/errors.ts';
import { failsAs } from '../../../lib/failures.ts';
import type { Renewal, TermFacts } from '../../../policy/parts/term.ts';
import { isThere } from '../../../sys/files/files.ts';
import { mendMark, readMark, writeMark } from '../../seals/mark.ts';
import { readSealed, writeSealed } from '../../seals/sealed.ts';
import { type Instance, isDamage, removeState } from '../instances.ts';
import { instancePaths } from '../layout.ts';

/** So many installations of a machine are known; two generations are kept at most, and one may run on. */
const MOST_STARTS = 8;

/** `term.json`: when each generation was installed. */
const TermFile = z.strictObject({
  starts: z.array(z.strictObject({ generation: z.int().min(1), at: z.number().min(0) })).max(MOST_STARTS),
});

/** `renewed.json`: what a plug-in or a hot fix said last. */
export const RenewedFile = z.strictObject({
  of: z.string().max(40),
  at: z.number().min(0),
  endsAt: z.number().nullable(),
});

/** Where a machine lies, and which it is. */
export interface Subject {
  state: string;
  vm: string;
  vmId: string;
}

export function subjectOf({ state, file: { vm, vmId } }: Pick<Instance, 'state' | 'file'>): Subject {
  return { state, vm, vmId };
}

/** What a machine’s end follows from. @throws STATE_DAMAGED where it cannot be told */
export async function readTerm({ state, vm, vmId }: Subject, generation: number): Promise<TermFacts> {
  const { term, renewed } = instancePaths(state, vm);
  const { starts } = await readSealed(state, term, `term ${vmId}`, TermFile);
  const startedAt = starts.find((start) => start.generation === generation)?.at;
  if (startedAt === undefined)
    throw new AppError('STATE_DAMAGED', `${term} does not say when generation ${generation} was installed`);
  if (!(await isThere(renewed))) return { startedAt };
  return { startedAt, renewal: await readSealed(state, renewed, `renewed ${vmId}`, RenewedFile) };
}

/** Days are counted from `at` on (ACE 1.0 p. 84). To be called before the generation is switched to. */
export async function noteStart({ state, vm, vmId }: Subject, generation: number, at: number): Promise<void> {
  const { term } = instancePaths(state, vm);
  const known = await readSealed(state, term, `term ${vmId}`, TermFile).catch((error: unknown) => {
    if (!isDamage(error)) throw error;
    return { starts: [] };
  });
  const others = known.starts.filter((start) => start.generation !== generation);
  // One that can be read stays until the generation is switched to: an installation that stops here lengthens nothing.
  if (await failsAs(readMark(state, vmId), isDamage)) await writeMark(state, vmId, at);
  await writeSealed(state, term, `term ${vmId}`, {
    starts: [...others.slice(1 - MOST_STARTS), { generation, at }],
  });
}

/** A generation that is gone back to, and whose installation is not known any more, counts from the oldest that is: never longer. */
export async function keepStart(subject: Subject, generation: number): Promise<void> {
  const { state, vm, vmId } = subject;
  const { term } = instancePaths(state, vm);
  const known = await readSealed(state, term, `term ${vmId}`, TermFile).catch((error: unknown) => {
    if (!isDamage(error)) throw error;
  });
  // What cannot be read stays so, and closes the machine where its time has an end.
  if (!known || known.starts.some((start) => start.generation === generation)) return;
  await noteStart(subject, generation, Math.min(...known.starts.map(({ at }) => at)));
}

/** It can be told when a machine expires. @throws STATE_DAMAGED */
export async function requireTerm(subject: Subject, generation: number): Promise<void> {
  await readTerm(subject, generation);
  await readMark(subject.state, subject.vmId);
}

/**
 * Makes what cannot be read anew, and never so that it is longer: days count from when the package was made, and a renewal is gone.
 */
export async function mendTerm(
  subject: Subject,
  generation: number,
  { madeAt, now }: { madeAt: number; now: number },
): Promise<void> {
  const { state, vm, vmId } = subject;
  const { renewed } = instancePaths(state, vm);
  const isMarkLost = await failsAs(readMark(state, vmId), isDamage);
  if (await failsAs(readTerm(subject, generation), isDamage)) {
    await removeState(renewed);
    if (await failsAs(readTerm(subject, generation), isDamage)) await noteStart(subject, generation, madeAt);
  }
  if (isMarkLost) await mendMark(state, vmId, now);
}

/** Keeps another end. */
export async function writeRenewal({ state, vm, vmId }: Subject, renewal: Renewal): Promise<void> {
  await writeSealed(state, instancePaths(state, vm).renewed, `renewed ${vmId}`, renewal);
}
