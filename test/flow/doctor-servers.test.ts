import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { projectPaths } from '../../src/project/layout.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { madeProject } from '../fakes/made-project.ts';
import { threeVersions } from '../fakes/quarantine.ts';
import { service } from '../fakes/service.ts';
import { noSlapd, slapd } from '../fakes/slapd.ts';
import { webServer } from '../fakes/web-server.ts';

const isReady = ['qemu-img', 'ip'].every((program) => hasProgram(program)) && process.getuid?.() === 0;
const skip = isReady ? false : 'needs root, qemu-img and ip';

/** What the doctor says of its servers on a computer that has a machine of this project. */
async function doctor(t: TestContext, project: Awaited<ReturnType<typeof madeProject>>, ...options: string[]) {
  const { folder } = await project.build('one');
  const { lazaret, state } = await service(t, { NO_PROXY: '127.0.0.1' }, ...options);
  const { status, output } = await lazaret('install', folder, '--fingerprint', project.fingerprint);
  assert.equal(status, 0, output);
  return { state, said: async () => (await lazaret('doctor')).output };
}

test('the doctor names the proxy, a page that wants a login, a server that refuses the blobs, and a clock that is behind', {
  skip,
}, async (t) => {
  // Whoever signed it was ahead of this computer, or this computer is behind.
  const project = await madeProject(t, 'Acme', Date.now() + 3_600_000);
  const { packages } = projectPaths(project.folder);
  let isSetUp = false;
  const portal = await webServer(t, (_request, response) =>
    response.setHeader('content-type', 'text/html').end('<html>Welcome, please log in</html>'),
  );
  const withoutMime = await webServer(t, async ({ url = '/' }, response) => {
    const isRefused = !isSetUp && url.startsWith('/blobs/');
    const bytes = isRefused ? undefined : await readFile(join(packages, url)).catch(() => undefined);
    response.writeHead(bytes ? 200 : 404).end(bytes);
  });
  await project.setQuarantine(threeVersions());
  await project.setProject({ policyServer: portal, packageServer: withoutMime });
  const { said } = await doctor(t, project, '--proxy', 'http://joe:secret@proxy.test:3128');

  const first = await said();
  assert.match(
    first,
    /note +the proxy http:\/\/proxy\.test:3128\/ .*reached through it, but for 127\.0\.0\.1 \(NO_PROXY\)/,
  );
  assert.match(first, /note +policies from http.* FETCH_PAGE: .*is a web page.*log in where the network asks/);
  assert.match(first, /note +packages from http.* FETCH_MISSING: .*\/blobs\/\w+ answered with status 404.*mime map/);
  assert.doesNotMatch(first, /secret/);
  assert.match(first, /NOT OK +the clock is not behind what was signed +it says 2\S+, and the project has signed/);
  assert.match(first, /(ok|note) +room for machines on the disk/);

  isSetUp = true;
  assert.match(await said(), /ok +packages from http/);
});

test('the doctor says what a directory says', { skip: skip || noSlapd }, async (t) => {
  const [project, server] = [await madeProject(t), await slapd(t)];
  await project.setQuarantine(threeVersions());
  await project.setProject({ policyServer: server.ldaps });
  const { said, state } = await doctor(t, project);

  assert.match(
    await said(),
    /note +policies from ldaps.* STORE_ACCOUNT: .*Write the directory’s `user` and `password`/,
  );
  const account = { format: 1, user: server.alice.user, password: 'guess', ca: server.caFile };
  writeFileSync(join(state, 'directory.json'), JSON.stringify(account), { mode: 0o600 });
  assert.match(await said(), /note +policies from ldaps.* STORE_LOGIN: .*refused user or password/);
});
