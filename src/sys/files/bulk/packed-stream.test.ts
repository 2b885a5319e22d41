import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { test } from 'node:test';
import { ageIdentityFrom, ageRecipientOf } from '../../secrets/age-stream.ts';
import { packStream, unpackStream } from './packed-stream.ts';

const { signal } = new AbortController();
const BYTES = randomBytes(3 << 20);
const identity = await ageIdentityFrom('a'.repeat(64), 'this test');
const KINDS = [
  ['in clear', undefined, undefined],
  ['encrypted', await ageRecipientOf(identity), identity],
] as const;

/** Hangs up as soon as it has so many bytes. */
function hangingUpAfter(count: number): { to: Writable; got: () => Buffer } {
  let got = Buffer.alloc(0);
  const to = new Writable({
    write(bytes: Buffer, _encoding, done) {
      got = Buffer.concat([got, bytes]);
      done();
      if (got.length >= count) this.destroy();
    },
  });
  return { to, got: () => got };
}

for (const [kind, recipient, opens] of KINDS) {
  const path = join(mkdtempSync(join(tmpdir(), 'packed-')), 'memory');
  const bytes = await packStream(Readable.from([BYTES]), path, { recipient, signal });

  test(`${kind}: whoever reads may hang up when he has all`, async () => {
    assert.equal(bytes, readFileSync(path).length);
    const { to, got } = hangingUpAfter(BYTES.length);
    await unpackStream(path, to, { identity: opens, signal });
    assert.ok(got().equals(BYTES));
  });

  test(`${kind}: who hangs up before is told of`, async () => {
    const { to } = hangingUpAfter(BYTES.length - 1_500_000);
    await assert.rejects(unpackStream(path, to, { identity: opens, signal }));
  });

  test(`${kind}: damage at its end is seen although all was given`, async () => {
    const damaged = `${path}-damaged`;
    const whole = readFileSync(path);
    whole[whole.length - 1] = (whole.at(-1) ?? 0) ^ 1;
    writeFileSync(damaged, whole);
    const { to } = hangingUpAfter(BYTES.length);
    await assert.rejects(unpackStream(damaged, to, { identity: opens, signal }));
  });
}

test('what is called off says so by its code, and leaves no file', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'packed-')), 'memory');
  const cancel = new AbortController();
  const endless = Readable.from(
    (async function* () {
      for (;;) {
        yield randomBytes(1 << 16);
        cancel.abort();
      }
    })(),
  );
  await assert.rejects(packStream(endless, path, { recipient: undefined, signal: cancel.signal }), {
    code: 'INTERRUPTED',
  });
  assert.throws(() => readFileSync(path), { code: 'ENOENT' });

  writeFileSync(path, 'whatever');
  const nowhere = new Writable({ write: (_bytes, _encoding, done) => done() });
  await assert.rejects(unpackStream(path, nowhere, { identity: undefined, signal: cancel.signal }), {
    code: 'INTERRUPTED',
  });
});
