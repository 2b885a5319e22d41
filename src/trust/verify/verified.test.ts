import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { parseVerified, type Target, type Verified, verifyBytes } from './verified.ts';

const refused = (code: string) => ({ name: 'AppError', code });

function target(bytes: Uint8Array): Target {
  return { name: 'a.json', bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

test('only the bytes that were signed are verified', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (signed, found) => {
      const proven = () => verifyBytes(Buffer.from(found), target(signed));
      if (Buffer.compare(signed, found) === 0) assert.deepEqual(proven().value, Buffer.from(signed));
      else assert.throws(proven, refused('TRUST_DIGEST'));
    }),
    { examples: [[Uint8Array.of(1), Uint8Array.of(1)]] },
  );
});

test('a plain value is no verified one', () => {
  // @ts-expect-error: only trust/verified.ts can make one.
  const forged: Verified<number> = { value: 1 };
  assert.equal(forged.value, 1);
});

test('verified bytes are parsed by a schema, and all problems are named with their paths', () => {
  const schema = z.strictObject({ name: z.string(), layers: z.array(z.int()) });
  const parse = (text: string | Uint8Array) => {
    const bytes = Buffer.from(text);
    return parseVerified(verifyBytes(bytes, target(bytes)), schema, 'the manifest').value;
  };

  assert.deepEqual(parse('{"name":"office","layers":[1]}'), { name: 'office', layers: [1] });
  for (const bad of [
    '',
    '{',
    'null',
    '{"name":"office"}',
    '{"name":"office","layers":[],"more":1}',
    Uint8Array.of(0x22, 0xff, 0x22),
  ])
    assert.throws(() => parse(bad), refused('TRUST_INVALID'));
  assert.throws(
    () => parse('{"name":1,"layers":["x"]}'),
    (error) => error instanceof AppError && /name: .*layers\.0: /.test(error.message),
  );
});
