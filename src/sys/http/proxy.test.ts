import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { addressOf, sourceAt } from '../sources/fetch.ts';
import { fetchBytes } from '../sources/source.ts';
import { listenTcp } from './http-server.ts';
import { forgetProxies, proxiesOf, proxyAddresses, setProxies } from './proxy.ts';

async function port(t: TestContext, said: string): Promise<number> {
  const listening = await listenTcp('127.0.0.1', 0, (_request, response) => response.end(said));
  t.after(() => listening[Symbol.asyncDispose]());
  return listening.port;
}

test('what is fetched goes through the proxy that is set, but for its exceptions', async (t) => {
  const [proxy, server] = [await port(t, 'by proxy'), await port(t, 'directly')];
  const environment = { HTTP_PROXY: 'http://other.invalid:1', NO_PROXY: '127.0.0.1' };
  t.after(setProxies(proxiesOf(environment, `http://127.0.0.1:${proxy}`)));
  const get = async (address: string) => String(await fetchBytes(sourceAt(addressOf(address)), 'x', { maxBytes: 100 }));

  assert.equal(await get('http://packages.invalid/'), 'by proxy');
  assert.equal(await get(`http://127.0.0.1:${server}/`), 'directly');
});

test('the environment’s proxies count where none is set, and can be taken out of it', () => {
  const environment = { https_proxy: 'http://proxy.invalid:8080', HOME: '/root' };

  assert.deepEqual(proxiesOf(environment, undefined), { https_proxy: 'http://proxy.invalid:8080' });
  forgetProxies(environment);

  assert.deepEqual(environment, { HOME: '/root' });
});

test('what is no proxy’s address is refused without being told', () => {
  assert.throws(() => setProxies({ HTTPS_PROXY: 'joe:secret@proxy' }), {
    code: 'USAGE',
    message: 'HTTPS_PROXY is no http: or https: address of a proxy',
  });
});

test('a proxy is named once, with what is reached without it', () => {
  const both = proxiesOf({ NO_PROXY: 'intranet.example' }, 'http://proxy.example:3128');

  assert.deepEqual(proxyAddresses(both), { proxies: ['http://proxy.example:3128'], except: 'intranet.example' });
  assert.deepEqual(proxyAddresses({}), { proxies: [] });
});

const REFUSALS: [status: number, code: string, message: RegExp][] = [
  [407, 'FETCH_PROXY', /wants a user and password \(status 407\)/],
  [403, 'FETCH_PROXY', /lets nobody through to it \(status 403\)/],
  [502, 'FETCH_FAILED', /the proxy could not reach it \(status 502\)/],
];
for (const [status, code, message] of REFUSALS)
  test(`a proxy that answers CONNECT with ${status} is no server that failed`, async (t) => {
    const proxy = createServer();
    proxy.on('connect', (_request, socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    t.after(() => proxy.close());
    t.after(setProxies({ https_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }));

    await assert.rejects(fetchBytes(sourceAt(addressOf('https://packages.invalid/')), 'x', { maxBytes: 10 }), {
      code,
      message,
    });
  });
