import { z } from 'zod';
import { removeFile } from '../../../sys/files/files.ts';
import { readCurrent, readIfWhole, removeState, writeState } from '../instances.ts';
import { generationPaths, instancePaths } from '../layout.ts';

const MAX_STARTS = 3;

/** `trial.json` beside a generation that has yet to report itself healthy; it goes once that has happened. */
const Trial = z.strictObject({
  format: z.literal(1),
  /** The user asked for the former generation to be kept afterwards too. */
  keepOld: z.boolean(),
  starts: z.int().min(0),
  /** When it was last started, in milliseconds since 1970. */
  startedAt: z.int().exactOptional(),
  /** Why it was given up. */
  failed: z.string().exactOptional(),
});
export type Trial = z.infer<typeof Trial>;

/** What the next start of a machine uses, and why it is not what was installed last. */
export type TrialDecision = { start: 'current' } | { start: 'former'; reason: string };

/**
 * Whether a start goes back by itself. `canGoBack`: a former generation was kept, and is not below the floor.
 *
 * trial                       | can go back | start
 * none (proved, or never one) | any         | current
 * given up                    | yes         | former
 * three starts without a word | yes         | former
 * any other                   | any         | current
 */
export function judgeTrial(trial: Trial | undefined, canGoBack: boolean): TrialDecision {
  if (!trial || !canGoBack) return { start: 'current' };
  if (trial.failed !== undefined) return { start: 'former', reason: trial.failed };
  if (trial.starts < MAX_STARTS) return { start: 'current' };
  return { start: 'former', reason: `it was started ${MAX_STARTS} times and never reported itself healthy` };
}

/** The trial of a generation, or undefined when it has none to pass: one that cannot be read counts as none. */
export async function readTrial(state: string, vm: string, generation: number): Promise<Trial | undefined> {
  const { trial } = generationPaths(state, vm, generation);
  return readIfWhole(trial, Trial);
}

export async function writeTrial(state: string, vm: string, generation: number, trial: Trial): Promise<void> {
  await writeState(generationPaths(state, vm, generation).trial, trial);
}

/**
 * A generation has proved itself: the one before it goes, unless the user wanted it kept. Where another generation has been
 * installed meanwhile, the former one is that one’s to go back to, and stays.
 */
export async function passTrial(state: string, vm: string, generation: number): Promise<void> {
  const trial = await readTrial(state, vm, generation);
  if (!trial) return;
  if (!trial.keepOld && (await readCurrent(state, vm)) === generation)
    await removeFile(instancePaths(state, vm).former);
  await removeState(generationPaths(state, vm, generation).trial);
}
