import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { publishedListener } from '../../src/manager/published.ts';
import { projectPaths } from '../../src/project/layout.ts';
import { watchWeb } from '../../src/servers/web.ts';
import { listenTcp } from '../../src/sys/http/http-server.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { followedMachine } from '../fakes/followed-machine.ts';
import { madeProject } from '../fakes/made-project.ts';
import { policyComputer } from '../fakes/policy-computer.ts';
import { threeVersions, V2 } from '../fakes/quarantine.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const never = new AbortController().signal;

async function server(t: TestContext, listener: Parameters<typeof listenTcp>[2]): Promise<URL> {
  const listening = await listenTcp('127.0.0.1', 0, listener);
  t.after(() => listening[Symbol.asyncDispose]());
  return new URL(`http://127.0.0.1:${listening.port}/policies`);
}

test('whoever watches is answered as soon as something newer is deployed', { skip }, async (t) => {
  const project = await madeProject(t);
  await project.deploy();
  const url = await server(t, publishedListener(projectPaths(project.folder).published));
  let answered = false;

  assert.equal(await watchWeb(url, 0, never), 'changed', 'what is newer already is told at once');
  const watching = watchWeb(url, 1, never).finally(() => {
    answered = true;
  });
  await watchWeb(url, 0, never);
  assert.equal(answered, false, 'nothing new: no answer yet');
  await project.deploy();

  assert.equal(await watching, 'changed');
});

test('a lock-out that is deployed closes a running machine, without its interval coming round', { skip }, async (t) => {
  const computer = await policyComputer(t);
  await computer.project.deploy();
  const url = await server(t, publishedListener(projectPaths(computer.project.folder).published));
  const machine = await followedMachine(t, computer.open(), computer.owner(url.href), V2);
  assert.equal(machine.mode(), 'normal');

  await computer.project.setQuarantine(threeVersions({ threshold: 'third' }));
  await computer.project.deploy();
  await machine.until('restricted');
});

test('a plain server, and one that answers nonsense, are not watched', async (t) => {
  const plain = await server(t, (_request, response) => response.writeHead(404).end());
  const page = await server(t, (_request, response) => response.end('<html>welcome</html>'));

  assert.equal(await watchWeb(plain, 0, never), 'unsupported');
  assert.equal(await watchWeb(page, 0, never), 'unsupported');
});

test('a server that is away has a code, and the end of the service ends the watching', async (t) => {
  const silent = await server(t, () => undefined);
  const stop = new AbortController();
  setImmediate(() => stop.abort());

  await assert.rejects(watchWeb(new URL('http://127.0.0.1:1/policies'), 0, never), { code: 'STORE_UNREACHABLE' });
  await assert.rejects(watchWeb(silent, 0, stop.signal), { code: 'INTERRUPTED' });
});

test('a policy server whose name DNS does not know is unreachable, not one that cannot be watched', async () => {
  const unnamed = watchWeb(new URL('http://policies.invalid/'), 0, new AbortController().signal);

  await assert.rejects(unnamed, { name: 'AppError', code: 'STORE_UNREACHABLE' });
});
