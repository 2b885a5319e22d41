import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { outcome, plugins } from '../fakes/plugin.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'plugins');
const skip = hasProgram('bwrap') ? false : 'bubblewrap is not installed';
const texts = Object.fromEntries(
  readdirSync(EXAMPLES).map((name) => [name, readFileSync(join(EXAMPLES, name), 'utf8')]),
);
const MINIMA = ['os=winxp-sp2', 'ie=6.0'];

const PROGRAMS: [descriptor: string, want: string][] = [
  ['os=winxp-sp2,ie=6.0,virusdefs=4.0,office=2003-sp1', 'yes'],
  ['ie=6.0,os=winxp-sp2', 'yes'],
  ['os=winxp-sp3,ie=10.0', 'yes'],
  ['os=winxp-sp1,ie=6.0', 'no'],
  ['os=winxp-sp2,ie=5.5', 'no'],
  ['os=winxp-sp2', 'no'],
  ['os=winxp-sp2,ie=6.0;reboot', 'reject'],
  ['os=winxp-sp2,,ie=6.0', 'reject'],
  ['winxp', 'reject'],
  ['$(id)', 'reject'],
];

for (const [descriptor, want] of PROGRAMS) {
  test(`programs.sh says ${want} to ${descriptor}`, { skip }, async (t) => {
    const { ask } = plugins(t, texts);

    assert.equal(outcome(await ask('programs.sh', { descriptor, script: { arguments: MINIMA } })), want);
  });
}

test('programs.sh rejects a machine that never reported', { skip }, async (t) => {
  const { ask } = plugins(t, texts);

  assert.equal(outcome(await ask('programs.sh', { event: 'poweron', script: { arguments: MINIMA } })), 'reject');
});

const SCORES: [descriptor: string, want: string][] = [
  ['{"firewall": true, "patches": 41}', 'yes'],
  ['{"firewall": true, "backup": true}', 'yes'],
  ['{"firewall": true, "patches": 39}', 'no'],
  ['{"firewall": "yes", "patches": 41, "backup": true}', 'no'],
  ['{}', 'no'],
  ['["firewall"]', 'reject'],
  ['os=winxp', 'reject'],
];

for (const [descriptor, want] of SCORES) {
  test(`score.py says ${want} to ${descriptor}`, { skip }, async (t) => {
    const { ask } = plugins(t, texts);

    const reply = await ask('score.py', { descriptor });

    assert.equal(outcome(reply), want, reply.said);
  });
}

test('ask-service.py passes on what a service says, and gives no answer where there is none', { skip }, async (t) => {
  const asked: URLSearchParams[] = [];
  const address = await serve(t, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://service');
    asked.push(searchParams);
    if (pathname === '/broken') response.statusCode = 500;
    response.end(pathname === '/odd' ? '<html>' : searchParams.get('descriptor') === 'new & fine' ? 'YES\n' : 'NO\n');
  });
  const { ask } = plugins(t, texts);
  const of = async (descriptor: string, path = '/judge', network = true) =>
    outcome(await ask('ask-service.py', { descriptor, script: { arguments: [address + path], network } }));

  assert.equal(await of('new & fine'), 'yes');
  assert.equal(await of('old'), 'no');
  assert.equal(await of('new & fine', '/odd'), 'PLUGIN_FAILED');
  assert.equal(await of('new & fine', '/broken'), 'PLUGIN_FAILED');
  assert.equal(await of('new & fine', '/judge', false), 'PLUGIN_FAILED', 'the policy grants no network');
  assert.equal(asked.length, 4);
  assert.equal(asked[0]?.get('event'), 'update');
  assert.match(asked[0]?.get('vm') ?? '', /^[0-9a-f-]{36}$/);
});

/** An HTTP server; gives its address. */
async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  t.after(() => server.close());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
