import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { asUser, inRepository, makeUser } from '../../lab/rootless.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { Lab, SERVERS, whyNot } from './net/lab.ts';

const skip = hasProgram('pasta') ? whyNot() : 'not installed: pasta';

/** Behind pasta a port where nothing listens gives no answer, so that nobody is told to go on to the next address. */
test('a service without root goes on to a name’s next address, and gives a lone one up by itself', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  // pasta takes after the interface of the default route.
  lab.inHost('ip', 'route', 'add', 'default', 'via', SERVERS.updates);
  const [pages, run] = [join(lab.folder, 'pages'), join(lab.folder, 'run')];
  for (const folder of [pages, run]) mkdirSync(folder);
  makeUser(lab.folder);
  chmodSync(run, 0o777);
  writeFileSync(join(pages, 'page'), 'the page');
  lab.run(lab.inside('intranet'), 'busybox', ['httpd', '-f', '-p', `${SERVERS.intranet}:8000`, '-h', pages]);

  await lab.server('intranet').call('listenTcp', 8001);
  const node = join(import.meta.dirname, '../../node_modules/.bin/node');
  const own = existsSync(node) ? inRepository(lab.folder, 'node_modules/.bin/node') : process.execPath;
  const program = inRepository(lab.folder, 'test/system/net/behind-pasta.ts');
  const asking = [own, program, run, 'outside', SERVERS.updates, SERVERS.outside, SERVERS.intranet];
  const [first = '', ...words] = asUser(lab.folder, asking);
  const said = lab.inHost(first, ...words);

  assert.deepEqual(JSON.parse(said), { page: 'the page', directory: 'STORE_NOT_SAFE', alone: 'FETCH_FAILED' });
});
