import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { addressOf, sourceAt } from '../sources/fetch.ts';
import { fetchBytes } from '../sources/source.ts';
import { listenTcp } from './http-server.ts';
import { forgetProxies, proxiesOf, setProxies } from './proxy.ts';

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
