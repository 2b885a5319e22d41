import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { sourceAt } from '../sources/fetch.ts';
import { fetchBytes } from '../sources/source.ts';
import { connectLdap } from './ldap-socket.ts';
import { noAnswer } from './no-answer.ts';

async function failureAt(address: string): Promise<{ code?: string; message: string }> {
  return fetchBytes(sourceAt(new URL(address)), 'x', { maxBytes: 10 }).then(
    () => assert.fail('something answered'),
    (error: unknown) => error as { code?: string; message: string },
  );
}

test('a port where nothing listens, a name without an address and a server without TLS are told apart', async (t) => {
  const plain = createServer((socket) => socket.on('error', () => undefined).end('220 hello\r\n'));
  plain.listen(0, '127.0.0.1');
  await once(plain, 'listening');
  t.after(() => plain.close());
  const { port } = plain.address() as { port: number };

  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port: free } = gone.address() as { port: number };
  gone.close();
  await once(gone, 'close');

  const refused = await failureAt(`http://127.0.0.1:${free}/`);
  assert.equal(refused.code, 'FETCH_FAILED');
  assert.match(refused.message, new RegExp(`127\\.0\\.0\\.1 port ${free}: nothing listens there`));
  const unnamed = await failureAt('http://policies.invalid/');
  assert.equal(unnamed.code, 'FETCH_NAME');
  assert.match(unnamed.message, /policies\.invalid (is no name|could not be asked for)/);
  const unsafe = await failureAt(`https://127.0.0.1:${port}/`);
  assert.equal(unsafe.code, 'FETCH_TLS');
  assert.match(unsafe.message, /speaks no TLS/);
});

function failed(code: string, more: object = {}): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error('inner'), { code, ...more }) });
}

const FAILURES: [what: string, error: unknown, code: string, why: RegExp][] = [
  ['an unknown name', failed('ENOTFOUND', { hostname: 'a.example' }), 'FETCH_NAME', /^a\.example is no name/],
  [
    'a DNS server that is silent',
    failed('EAI_AGAIN', { hostname: 'a.example' }),
    'FETCH_NAME',
    /no DNS server answered/,
  ],
  ['a certificate of its own', failed('DEPTH_ZERO_SELF_SIGNED_CERT'), 'FETCH_TLS', /not to be trusted/],
  ['an expired certificate', failed('CERT_HAS_EXPIRED'), 'FETCH_TLS', /CERT_HAS_EXPIRED/],
  ['a certificate for another name', failed('ERR_TLS_CERT_ALTNAME_INVALID'), 'FETCH_TLS', /not to be trusted/],
  ['an issuer that nobody knows', failed('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'FETCH_TLS', /not to be trusted/],
  [
    'no way',
    failed('EHOSTUNREACH', { address: '10.0.0.9', port: 443 }),
    'FETCH_FAILED',
    /^10\.0\.0\.9 port 443: .*no way/,
  ],
  ['silence', new DOMException('aborted', 'TimeoutError'), 'FETCH_FAILED', /in time/],
  ['several addresses', new AggregateError([failed('ECONNREFUSED')]), 'FETCH_FAILED', /nothing listens/],
  ['something else', failed('EODD'), 'FETCH_FAILED', /^EODD$/],
];

for (const [what, error, code, why] of FAILURES) {
  test(`${what} is ${code}, and says why`, () => {
    const found = noAnswer(error);

    assert.equal(found.code, code);
    assert.match(found.why, why);
  });
}

test('a directory that is not there says why, as web servers do', async () => {
  const directory = { port: 636, startTls: false };
  const timeoutMs = 60_000;

  await assert.rejects(connectLdap({ ...directory, host: 'directory.invalid' }, { timeoutMs }), {
    code: 'FETCH_NAME',
    message: /directory\.invalid (is no name|could not be asked for)/,
  });
  await assert.rejects(connectLdap({ ...directory, host: '127.0.0.1', port: 1 }, { timeoutMs }), {
    code: 'FETCH_FAILED',
    message: /127\.0\.0\.1 port 1: nothing listens there/,
  });
});
