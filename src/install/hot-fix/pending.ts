import { join } from 'node:path';
import { z } from 'zod';
import { isThere, removeFile } from '../../sys/files/files.ts';
import { Problem, RequestName } from '../../trust/hot-fix/request.ts';
import { Verifier } from '../../trust/verifier.ts';
import { WrongPasswords } from '../opening/wrong-passwords.ts';
import { readSealed, writeSealed } from '../seals/sealed.ts';
import { isDamage } from '../state/instances.ts';
import { computerPaths } from '../state/layout.ts';
import { Place } from '../state/machine/place.ts';
import { RenewedFile, type Subject } from '../state/machine/term.ts';

/** What a hot fix does, with nothing left to work out: done twice it is the same. */
const Effect = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('denied') }),
  z.strictObject({ kind: z.literal('renewal'), renewal: RenewedFile }),
  z.strictObject({ kind: z.literal('place'), place: Place }),
  z.strictObject({ kind: z.literal('password'), verifier: Verifier }),
  z.strictObject({ kind: z.literal('new-password') }),
  /** An age file with the secret that opens encrypted disks, under a temporary password: the administrator’s, or the letters themselves. */
  z.strictObject({ kind: z.literal('recovery'), sealed: z.base64().max(2048), by: z.enum(['password', 'letters']) }),
]);
export type Effect = z.infer<typeof Effect>;

/** A request for a hot fix that was made here, and was not answered to its end. */
const Pending = z.strictObject({
  request: RequestName,
  /** The private half of its key, which is this request’s alone. */
  secret: z.string().max(64),
  problem: Problem,
  /** The trusted time in milliseconds. */
  madeAt: z.number().min(0),
  /** Where the machine was then. */
  place: Place,
  /** The wrong answers that were typed. */
  wrong: WrongPasswords.exactOptional(),
  /** The answer that was taken: from here on it is used up, and what it does is done, whoever is killed. */
  taken: Effect.exactOptional(),
});
export type Pending = z.infer<typeof Pending>;

/** The last request for a machine; undefined where there is none, or none that this computer has made. */
export async function readPending({ state, vmId }: Subject): Promise<Pending | undefined> {
  const path = pendingPath(state, vmId);
  if (!(await isThere(path))) return undefined;
  try {
    return await readSealed(state, path, `hot-fix ${vmId}`, Pending);
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

/** Replaces the last request: no answer fits that one any more. */
export async function writePending({ state, vmId }: Subject, pending: Pending): Promise<void> {
  await writeSealed(state, pendingPath(state, vmId), `hot-fix ${vmId}`, pending);
}

export async function removePending(state: string, vmId: string): Promise<void> {
  await removeFile(pendingPath(state, vmId));
}

/** Outside the state folder: an older one that is put back does not bring a request back whose answer was used. */
function pendingPath(state: string, vmId: string): string {
  return join(computerPaths(state).seal, `${vmId}.hot-fix.json`);
}
