import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** 2^15 at least, and so much that one guess costs half a second on one core of this computer. */
const LEAST_WORK = 15;
export const MOST_WORK = 18;
const GUESS_MS = 500;
const BLOCK = 8;
const BYTES = 32;

/** What a secret can be held against, and cannot be read from: scrypt, with a salt of its own. */
export const Verifier = z.strictObject({
  /** Of two: 128 × 8 bytes each are filled for one guess. */
  work: z.int().min(LEAST_WORK).max(MOST_WORK),
  salt: z.base64().length(44),
  hash: z.base64().length(44),
});
export type Verifier = z.infer<typeof Verifier>;

/** What a secret is held against from now on. */
export async function makeVerifier(secret: string | Uint8Array): Promise<Verifier> {
  const salt = randomBytes(BYTES);
  const work = await workOfThisComputer();
  const hash = await scryptHash(secret, salt, work);
  return { work, salt: salt.toString('base64'), hash: hash.toString('base64') };
}

let known: Promise<number> | undefined;

/** Measured once: neither a busy computer’s slowness nor its own cost belongs to a guess. */
export function workOfThisComputer(): Promise<number> {
  known ??= measuredWork();
  return known;
}

/** From now on a guess costs this process the least that is allowed: for tests, which make a thousand of them. */
export function guessCheaply(): void {
  known = Promise.resolve(LEAST_WORK);
}

/** The cost doubles with each step. Of three the fastest counts: the others waited for somebody. */
async function measuredWork(): Promise<number> {
  const took: number[] = [];
  while (took.length < 3) {
    const before = performance.now();
    await scryptHash('', Buffer.alloc(BYTES), LEAST_WORK);
    took.push(performance.now() - before);
  }
  const steps = Math.ceil(Math.log2(GUESS_MS / Math.min(...took)));
  return Math.min(Math.max(LEAST_WORK, LEAST_WORK + steps), MOST_WORK);
}

export async function isRight({ work, salt, hash }: Verifier, secret: string | Uint8Array): Promise<boolean> {
  return timingSafeEqual(await scryptHash(secret, Buffer.from(salt, 'base64'), work), Buffer.from(hash, 'base64'));
}

/** What scrypt makes of a secret; of text, of its UTF-8. */
export function scryptHash(secret: string | Uint8Array, salt: Buffer, work: number): Promise<Buffer> {
  const cost = { N: 2 ** work, r: BLOCK, p: 1, maxmem: 2 ** work * 128 * BLOCK + (1 << 20) };
  return new Promise((done, fail) => {
    scrypt(secret, salt, BYTES, cost, (error, hash) => (error ? fail(error) : done(hash)));
  });
}

/** The line end that a password was pasted or piped with is none of it; all other white space is. */
export function meant(password: string): string {
  return password.replace(/\r?\n$/, '').normalize('NFC');
}
