import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { selfSigned } from '../../lab/certificate.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { connectProxy } from '../fakes/connect-proxy.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { service } from '../fakes/service.ts';

const isReady = ['qemu-img', 'ip', 'openssl'].every((program) => hasProgram(program)) && process.getuid?.() === 0;
const skip = isReady ? false : 'needs root, qemu-img, ip and openssl';
const NAME = 'packages.test';
const LOGIN = 'joe:s3cret';

test('the service reaches https through the proxy of its own setting, by CONNECT, and its exceptions directly', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const { folder } = await project.build('one');
  const { certificate, ports, seen } = await servers(t, folder);
  const proxy = await connectProxy(t, ports.https, LOGIN);
  const other = await connectProxy(t, ports.https);
  const environment = { NODE_EXTRA_CA_CERTS: certificate, HTTPS_PROXY: `http://${other.host}`, NO_PROXY: '127.0.0.1' };
  const { lazaret } = await service(t, environment, '--proxy', `http://${LOGIN}@${proxy.host}`);

  const planned = await lazaret('plan', `http://127.0.0.1:${ports.http}/`, '--fingerprint', project.fingerprint);
  assert.equal(planned.status, 0, planned.output);
  assert.deepEqual([proxy.asked, other.asked], [[], []], 'what NO_PROXY names is reached directly');

  const done = await lazaret('install', `https://${NAME}/`, '--fingerprint', project.fingerprint);
  assert.equal(done.status, 0, done.output);
  assert.deepEqual([new Set(proxy.asked), other.asked], [new Set([`${NAME}:443`]), []]);
  assert.ok(seen.length > 0);
  for (const headers of seen) assert.equal(headers['proxy-authorization'], undefined, 'no server is told the login');
});

test('a proxy that wants another login is named so, and the login is not', { skip }, async (t) => {
  const project = await madeProject(t);
  const { folder } = await project.build('one');
  const { certificate, ports } = await servers(t, folder);
  const proxy = await connectProxy(t, ports.https, LOGIN);
  const environment = { NODE_EXTRA_CA_CERTS: certificate, HTTPS_PROXY: `http://joe:guess@${proxy.host}` };
  const { lazaret } = await service(t, environment);

  const { status, output } = await lazaret('plan', `https://${NAME}/`, '--fingerprint', project.fingerprint);

  assert.equal(status, 69);
  assert.match(output, /FETCH_PROXY: .*the proxy wants a user and password \(status 407\)/);
  assert.doesNotMatch(output, /guess/);

  const mended = await service(t, { ...environment, HTTPS_PROXY: `http://${LOGIN}@${proxy.host}` });
  const again = await mended.lazaret('plan', `https://${NAME}/`, '--fingerprint', project.fingerprint);
  assert.equal(again.status, 0, again.output);
});

/** A folder’s web servers, with TLS for a name that only a proxy knows, and without. */
async function servers(t: TestContext, folder: string) {
  const { key, certificate } = selfSigned(scratch(t), NAME);
  const seen: IncomingHttpHeaders[] = [];
  const listener: RequestListener = async ({ url = '/', headers }, response) => {
    seen.push(headers);
    const bytes = await readFile(join(folder, url)).catch(() => undefined);
    response.writeHead(bytes ? 200 : 404).end(bytes);
  };
  const https = createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, listener);
  const ports = { https: await listening(t, https), http: await listening(t, createServer(listener)) };
  return { certificate, ports, seen };
}

async function listening(t: TestContext, server: Server & { closeAllConnections: () => void }): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
