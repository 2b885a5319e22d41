import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { AppError } from '../../lib/errors.ts';

const proof: unique symbol = Symbol('verified');

/** A value whose signatures were checked. Only this file makes one, from bytes that match what was signed. */
export type Verified<T> = { readonly value: T; readonly [proof]: true };

/** What signed metadata says of a file. */
export interface Target {
  readonly name: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
  /** Where it is signed beside the other, it has to hold too. */
  readonly sha512?: string;
}

const ALGORITHMS = ['sha256', 'sha512'] as const;
type Hashes = Pick<Target, 'sha512'> & Partial<Pick<Target, 'sha256'>>;

/** @throws TRUST_DIGEST when the bytes are not the signed ones, by every hash that is named and at least one */
export function verifyBytes(bytes: Buffer, target: Omit<Target, keyof Hashes> & Hashes): Verified<Buffer> {
  const named = ALGORITHMS.filter((algorithm) => target[algorithm] !== undefined);
  const found = Object.fromEntries(named.map((name) => [name, createHash(name).update(bytes).digest('hex')]));
  const isSigned = named.length > 0 && named.every((name) => found[name] === target[name]);
  if (bytes.length !== target.bytes || !isSigned) {
    const details = { expected: target, found: { bytes: bytes.length, ...found } };
    throw new AppError('TRUST_DIGEST', `${target.name} is not the file that was signed`, { details });
  }
  return { value: bytes, [proof]: true };
}

/** What verified bytes say, as JSON of this schema. @throws TRUST_INVALID with every problem and its path */
export function parseVerified<T>(bytes: Verified<Buffer>, schema: z.ZodType<T>, what: string): Verified<T> {
  return { value: parseSigned(jsonOf(bytes.value, what), schema, what), [proof]: true };
}

/** The JSON in a signed file. @throws TRUST_INVALID */
export function jsonOf(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new AppError('TRUST_INVALID', `${what} is not JSON`, { cause: error });
  }
}

/** A value checked against the schema of a signed file. @throws TRUST_INVALID with every problem and its path */
export function parseSigned<T>(value: unknown, schema: z.ZodType<T>, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`);
  throw new AppError('TRUST_INVALID', `${what} is not as it should be: ${problems.join('; ')}`, {
    cause: parsed.error,
    details: { problems },
  });
}
