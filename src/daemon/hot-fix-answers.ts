import { createPublicKey } from 'node:crypto';
import type { Pending } from '../install/hot-fix/pending.ts';
import type { Subject } from '../install/state/term.ts';
import { AppError } from '../lib/errors.ts';
import type { HotFixKey } from '../policy/hot-fixes.ts';
import { fits, type Given, verifyHotFix } from '../trust/hot-fix/answer.ts';
import { heardBytes, requestBytes } from '../trust/hot-fix/request.ts';
import { ANSWER_BYTES, readAnswer, type SpokenAnswer } from '../trust/hot-fix/telephone.ts';

/** The request that is answered, and by what key. */
export interface AnswerTo {
  subject: Subject;
  pending: Pending;
  key: HotFixKey;
  /** The project’s fingerprint. */
  project: string;
}

/** What was answered. */
export interface Said {
  given: Given | SpokenAnswer;
  message: string;
}

/** @throws HOT_FIX_INVALID, HOT_FIX_SIGNATURE, HOT_FIX_NONE (it answers another request) */
export function answerInFile(text: string, { subject, pending, key, project }: AnswerTo): Said {
  const { given, message, ...signed } = verifyHotFix(text, key.signs);
  const isOurs = signed.project === project && signed.vmId === subject.vmId && signed.vm === subject.vm;
  if (!isOurs || signed.request !== pending.request)
    throw new AppError('HOT_FIX_NONE', `this hot fix answers another request than the last one for ${subject.vm}`);
  if (!fits(pending.problem, given.kind))
    throw new AppError('HOT_FIX_INVALID', `this hot fix is for another problem than ${pending.problem}`);
  return { given, message };
}

/** The letters of an answer as bytes. @throws HOT_FIX_WRONG, which names the group that was not heard right */
export function heardAnswer(letters: string): Uint8Array {
  return heardBytes(letters, ANSWER_BYTES);
}

/** What was read out; undefined where the project has not said so. */
export function answerInLetters(bytes: Uint8Array, { pending, key }: AnswerTo): Said | undefined {
  const asked = { request: requestBytes(pending.request), secret: pending.secret };
  const x = Buffer.from(key.telephone, 'hex').toString('base64url');
  const project = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
  const given = readAnswer(bytes, asked, project);
  return given && { given, message: '' };
}
