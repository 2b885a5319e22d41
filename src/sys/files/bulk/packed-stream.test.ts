import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, zstdCompressSync } from 'node:zlib';
import { ageEncrypting, ageIdentityFrom, ageRecipientOf } from '../../secrets/age-stream.ts';
import { packStream, unpackStream } from './packed-stream.ts';

const { signal } = new AbortController();
const folder = mkdtempSync(join(tmpdir(), 'packed-'));
const BYTES = randomBytes(3 << 20);
const identity = await ageIdentityFrom('a'.repeat(64), 'this test');
const KINDS = [
  ['in clear', undefined, undefined],
  ['encrypted', await ageRecipientOf(identity), identity],
] as const;

/** The two ends of a connection, of which the first is read by nobody yet. */
async function connected(): Promise<[unread: Socket, other: Socket]> {
  const path = join(folder, randomBytes(8).toString('hex'));
  const server = createServer({ pauseOnConnect: true }).listen(path);
  await once(server, 'listening');
  const other = connect(path);
  const [unread] = await once(server, 'connection');
  server.close();
  other.on('error', () => undefined);
  return [unread, other];
}

async function packed(bytes: Buffer, path: string, recipient?: string): Promise<number> {
  const [from, other] = await connected();
  other.end(bytes);
  return packStream(from, path, { recipient, signal });
}

/** Whoever hangs up as soon as he has so many bytes. */
async function hangingUpAfter(count: number): Promise<{ to: Socket; got: () => Buffer }> {
  const [to, other] = await connected();
  let got = Buffer.alloc(0);
  other.on('data', (bytes: Buffer) => {
    got = Buffer.concat([got, bytes]);
    if (got.length >= count) other.destroy();
  });
  return { to, got: () => got };
}

for (const [kind, recipient, opens] of KINDS) {
  const path = join(folder, kind);
  const bytes = await packed(BYTES, path, recipient);

  test(`${kind}: whoever reads may hang up when he has all`, async () => {
    assert.equal(bytes, readFileSync(path).length);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const { to, got } = await hangingUpAfter(BYTES.length);
    await unpackStream(path, to, { identity: opens, signal });
    assert.ok(got().equals(BYTES));
  });

  test(`${kind}: who hangs up before is told of`, async () => {
    const { to } = await hangingUpAfter(BYTES.length - 1_500_000);
    await assert.rejects(unpackStream(path, to, { identity: opens, signal }));
  });

  test(`${kind}: damage at its end, or an end that is missing, is seen although all was given`, async () => {
    const damaged = `${path}-damaged`;
    const whole = readFileSync(path);
    const changed = Buffer.from(whole);
    changed[whole.length - 1] = (whole.at(-1) ?? 0) ^ 1;
    for (const bytes of [changed, whole.subarray(0, -1)]) {
      writeFileSync(damaged, bytes);
      const { to } = await hangingUpAfter(BYTES.length);
      await assert.rejects(unpackStream(damaged, to, { identity: opens, signal }));
    }
  });

  test(`${kind}: what is called off says so by its code, and leaves no file`, async () => {
    for (const isCalledOffBefore of [true, false]) {
      const cancel = new AbortController();
      const [from, other] = await connected();
      const never = `${path}-never`;
      if (isCalledOffBefore) cancel.abort();
      const packing = packStream(from, never, { recipient, signal: cancel.signal });
      other.write(BYTES, () => cancel.abort());
      await assert.rejects(packing, { code: 'INTERRUPTED' });
      assert.ok(!existsSync(never));
    }
    const [to] = await connected();
    // Nobody reads at the other end.
    await assert.rejects(unpackStream(path, to, { identity: opens, signal: AbortSignal.timeout(50) }), {
      code: 'INTERRUPTED',
    });
  });

  test(`${kind}: it ends with whoever began it, however that ends`, async () => {
    const socket = join(folder, `${kind}-socket`);
    const server = createServer().listen(socket);
    await once(server, 'listening');
    const program = `
      import { connectUnix } from ${JSON.stringify(join(import.meta.dirname, '../../network/sockets.ts'))};
      import { packStream } from ${JSON.stringify(join(import.meta.dirname, 'packed-stream.ts'))};
      const from = await connectUnix(${JSON.stringify(socket)}, 1000, undefined, { isUnread: true });
      const signal = new AbortController().signal;
      await packStream(from, ${JSON.stringify(`${path}-killed`)}, { recipient: ${JSON.stringify(recipient)}, signal });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
    const [other] = await once(server, 'connection');
    server.close();
    other.on('error', () => undefined);
    // An end with bytes unread comes as an error first.
    const closed = new Promise((resolve) => other.resume().once('close', () => resolve('closed')));
    // More than waits in a socket: somebody reads.
    await new Promise((resolve) => other.write(BYTES, resolve));
    child.kill('SIGKILL');
    const found = await Promise.race([closed, sleep(30_000, 'open', { ref: false })]);
    other.destroy();
    assert.equal(found, 'closed');
  });
}

test('what is encrypted and was not packed is refused in the words of who unpacks', async () => {
  const path = join(folder, 'unpacked');
  await pipeline(Readable.from([BYTES]), ageEncrypting(await ageRecipientOf(identity)), createWriteStream(path));
  const [to] = await connected();
  await assert.rejects(unpackStream(path, to, { identity, signal }), { code: 'PROGRAM_FAILED', message: /zstd/ });
});

test('what was packed by Node, as until now, is unpacked', async () => {
  const path = join(folder, 'former');
  const params = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 };
  writeFileSync(path, zstdCompressSync(BYTES, { params }));
  const { to, got } = await hangingUpAfter(BYTES.length);
  await unpackStream(path, to, { identity: undefined, signal });
  assert.ok(got().equals(BYTES));
});
