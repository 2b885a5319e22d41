import { createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { canonicalJson, jsonOrNothing } from '../../lib/json.ts';
import { Identity } from '../root.ts';
import type { SigningKey } from '../sign/keys.ts';
import { Verifier } from '../verifier.ts';
import { HotFixRequest, type Problem, RequestName, Words } from './request.ts';

/** No more days are given at once, as by a renewal plug-in. */
export const MOST_DAYS = 32_767;

/** What an administrator answers: no; another end; that the machine may run where it is; a password that opens it once. */
export const Given = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('denied') }),
  /** So many days after the day on which it is applied. */
  z.strictObject({ kind: z.literal('days'), days: z.int().min(0).max(MOST_DAYS) }),
  /** On this day for the last time. */
  z.strictObject({ kind: z.literal('date'), date: z.iso.date() }),
  z.strictObject({ kind: z.literal('place') }),
  z.strictObject({ kind: z.literal('password'), verifier: Verifier }),
  /** The same where disks are encrypted: an age file under that password, with the secret that opens them. */
  z.strictObject({
    kind: z.literal('recovery'),
    sealed: z.base64().max(2048),
    /** Of the request: another one is of the same name until the machine was opened. */
    madeAt: z.iso.datetime(),
  }),
]);
export type Given = z.infer<typeof Given>;

const RECOVERIES: readonly Given['kind'][] = ['denied', 'recovery'];
const ANSWERS: Record<Problem, readonly Given['kind'][]> = {
  password: ['denied', 'password'],
  expired: ['denied', 'days', 'date'],
  moved: ['denied', 'place'],
};

/** Whether this answers a request for such a problem, or for the secret that opens encrypted disks. */
export function fits(problem: Problem, kind: Given['kind'], recovers = false): boolean {
  return (recovers ? RECOVERIES : ANSWERS[problem]).includes(kind);
}

const SignedAnswer = z.strictObject({
  /** The project’s fingerprint. */
  project: Identity.shape.fingerprint,
  vm: HotFixRequest.shape.vm,
  vmId: z.uuid(),
  request: RequestName,
  answeredAt: z.iso.datetime(),
  given: Given,
  message: Words,
});
export type SignedAnswer = z.infer<typeof SignedAnswer>;

/** A hot fix, as it is sent in a file. */
const HotFixFile = z.strictObject({
  format: z.literal(1),
  kind: z.literal('hot-fix'),
  signed: SignedAnswer,
  /** Of `lazaret hot-fix 1`, a line end, and the canonical JSON of `signed`; base64url. */
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
});

/** The file of an answer, as one line. */
export function signHotFix(signed: SignedAnswer, key: SigningKey): string {
  const signature = key.sign(signedText(signed)).toString('base64url');
  return `${JSON.stringify({ format: 1, kind: 'hot-fix', signed, signature })}\n`;
}

/** What an answer’s file says; nothing of it is proven. @throws HOT_FIX_INVALID */
function parseHotFix(text: string): z.infer<typeof HotFixFile> {
  const { data, error } = HotFixFile.safeParse(jsonOrNothing(text));
  if (data) return data;
  throw new AppError('HOT_FIX_INVALID', 'this file is no hot fix', { cause: error });
}

/** What the project answered, by its key for hot fixes, in hexadecimal. @throws HOT_FIX_INVALID, HOT_FIX_SIGNATURE */
export function verifyHotFix(text: string, publicKeyHex: string): SignedAnswer {
  const { signed, signature } = parseHotFix(text);
  const key = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKeyHex, 'hex').toString('base64url') };
  const isSigned = verify(
    null,
    signedText(signed),
    createPublicKey({ key, format: 'jwk' }),
    Buffer.from(signature, 'base64url'),
  );
  if (isSigned) return signed;
  throw new AppError('HOT_FIX_SIGNATURE', 'this hot fix is not signed by the key that the machine’s policy names');
}

function signedText(signed: SignedAnswer): Buffer {
  return Buffer.from(`lazaret hot-fix 1\n${canonicalJson(signed)}`);
}
