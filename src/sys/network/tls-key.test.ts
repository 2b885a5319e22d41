import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer as createPlainServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer } from 'node:tls';
import { provenKey } from './tls-key.ts';

function keyPair(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'lazaret-tls-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const how = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync('openssl', [...how, '-subj', '/CN=beacon', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

async function listening(t: TestContext, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a server proves the key of its certificate', async (t) => {
  const pair = keyPair(t);
  const address = await listening(t, createServer(pair));
  const der = new X509Certificate(pair.cert).publicKey.export({ type: 'spki', format: 'der' });
  assert.equal(await provenKey(address, 5000), createHash('sha256').update(der).digest('hex'));
});

test('one that speaks no TLS, says nothing or is not there proves nothing', async (t) => {
  const other = await listening(
    t,
    createPlainServer((socket) => socket.on('error', () => socket.destroy()).end('hello\r\n')),
  );
  assert.equal(await provenKey(other, 5000), undefined);
  const silent = await listening(
    t,
    createPlainServer((socket) => socket.on('error', () => socket.destroy()).on('data', () => undefined)),
  );
  assert.equal(await provenKey(silent, 100), undefined);
  assert.equal(await provenKey('127.0.0.1:1', 5000), undefined);
});
