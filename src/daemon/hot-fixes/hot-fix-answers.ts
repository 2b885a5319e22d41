import { createPublicKey } from 'node:crypto';
import type { Pending } from '../../install/hot-fix/pending.ts';
import { isRecoverySecret, sealedByLetters } from '../../install/opening/kept-keys.ts';
import type { Subject } from '../../install/state/machine/term.ts';
import { AppError } from '../../lib/errors.ts';
import type { HotFixKey } from '../../policy/hot-fixes.ts';
import { RECOVERY_SECRET_BYTES } from '../../trust/age/recovery.ts';
import { fits, type Given, verifyHotFix } from '../../trust/hot-fix/answer.ts';
import { heardBytes, recovers, requestBytes } from '../../trust/hot-fix/request.ts';
import { ANSWER_BYTES, readAnswer, type SpokenAnswer } from '../../trust/hot-fix/telephone.ts';

/** The request that is answered, and by what key. */
export interface AnswerTo {
  subject: Subject;
  pending: Pending;
  key: HotFixKey;
  /** The project’s fingerprint. */
  project: string;
}

/** A secret that opens encrypted disks, under a temporary password: the administrator’s, or the letters that say it. */
interface Recovery {
  kind: 'recovery';
  sealed: string;
  by: 'password' | 'letters';
}

/** What was answered. */
export interface Said {
  given: Exclude<Given, { kind: 'recovery' }> | SpokenAnswer | Recovery;
  message: string;
}

/** @throws HOT_FIX_INVALID, HOT_FIX_SIGNATURE, HOT_FIX_NONE (it answers another request) */
export function answerInFile(text: string, { subject, pending, key, project }: AnswerTo): Said {
  const { given, message, ...signed } = verifyHotFix(text, key.signs);
  const isOurs = signed.project === project && signed.vmId === subject.vmId && signed.vm === subject.vm;
  if (!isOurs || signed.request !== pending.request)
    throw new AppError('HOT_FIX_NONE', `this hot fix answers another request than the last one for ${subject.vm}`);
  if (!fits(pending.problem, given.kind, recovers(pending.request)))
    throw new AppError('HOT_FIX_INVALID', `this hot fix is for another problem than ${pending.problem}`);
  if (given.kind !== 'recovery') return { given, message };
  // Requests of one secret have one name: what was answered to an earlier one is over.
  if (given.madeAt !== new Date(pending.madeAt).toISOString())
    throw new AppError('HOT_FIX_NONE', `this hot fix answers an earlier request for ${subject.vm}`);
  return { given: { kind: 'recovery', sealed: given.sealed, by: 'password' }, message };
}

/** The letters of an answer to a request as bytes. @throws HOT_FIX_WRONG, which names the group that was not heard right */
export function heardAnswer(letters: string, { request }: Pending): Uint8Array {
  return heardBytes(letters, recovers(request) ? RECOVERY_SECRET_BYTES : ANSWER_BYTES);
}

/** What was read out; undefined where the project has not said so. */
export async function answerInLetters(
  bytes: Uint8Array,
  { subject: { state, vm }, pending, key }: AnswerTo,
): Promise<Said | undefined> {
  if (recovers(pending.request)) {
    if (!(await isRecoverySecret(state, vm, bytes))) return undefined;
    const sealed = Buffer.from(await sealedByLetters(bytes)).toString('base64');
    return { given: { kind: 'recovery', sealed, by: 'letters' }, message: '' };
  }
  const asked = { request: requestBytes(pending.request), secret: pending.secret };
  const x = Buffer.from(key.telephone, 'hex').toString('base64url');
  const project = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
  const given = readAnswer(bytes, asked, project);
  return given && { given, message: '' };
}
