import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { PolicyOwner } from '../../src/servers/policies.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code } from '../fakes/made-computer.ts';
import { policyComputer } from '../fakes/policy-computer.ts';
import { drippingServer, holdingServer, type SlowServer } from '../fakes/slow-servers.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

/** A computer that looks up at a server that answers, and a look-up that is under way at one that does not. */
async function site(t: TestContext, slow: (t: TestContext, folder: string) => Promise<SlowServer>) {
  const computer = await policyComputer(t);
  await computer.project.deploy();
  const server = await slow(t, computer.published);
  const policies = computer.open();
  const stop = new AbortController();
  const waiting = { isOver: false };
  const looking = policies.lookUp(computer.owner(server.address), Date.now(), stop.signal).finally(() => {
    waiting.isOver = true;
  });
  looking.catch(() => undefined);
  await server.asked;
  return { computer, policies, looking, waiting, stop, server };
}

const SLOW: [what: string, slow: (t: TestContext, folder: string) => Promise<SlowServer>][] = [
  ['that is silent from the first', (t, folder) => holdingServer(t, folder)],
  ['that is silent when its last file is asked for', (t, folder) => holdingServer(t, folder, isPolicy)],
  ['that sends a byte now and then', drippingServer],
];
for (const [what, slow] of SLOW)
  test(`a policy server ${what} keeps no other look-up waiting, and ends with its caller`, { skip }, async (t) => {
    const { computer, policies, looking, waiting, stop } = await site(t, slow);
    const owner = computer.owner(String(pathToFileURL(computer.published)));

    assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 1);
    await computer.project.deploy();
    assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 2);
    assert.equal(waiting.isOver, false, 'the slow one is still asked');

    stop.abort();
    await assert.rejects(looking, code('INTERRUPTED'));
  });

test('what a slow server gives in the end is held to what another one gave meanwhile', { skip }, async (t) => {
  const { computer, policies, looking, server } = await site(t, async (context, published) => {
    // What it will give is of the first deploy.
    const folder = join(published, '..', 'old');
    cpSync(published, folder, { recursive: true });
    return holdingServer(context, folder, (path) => path.endsWith('1.targets.json'));
  });
  const owner = computer.owner(String(pathToFileURL(computer.published)));
  await computer.project.deploy();
  const newer = await policies.lookUp(owner, Date.now());
  assert.equal(newer.document.serial, 2);

  server.goOn();

  await assert.rejects(looking, code('TRUST_ROLLBACK'));
  assert.deepEqual(await policies.current(owner), newer, 'nothing of it is kept');
  assert.equal((await policies.lookUp(owner, Date.now())).document.serial, 2);
});

test('many machines that look up at once all get the newest, one after the other deploy', { skip }, async (t) => {
  const computer = await policyComputer(t);
  const policies = computer.open();
  const owner = computer.owner(String(pathToFileURL(computer.published)));
  const owners: PolicyOwner[] = Array.from({ length: 8 }, () => owner);

  for (let serial = 1; serial <= 3; serial += 1) {
    await computer.project.deploy();
    const found = await Promise.all(owners.map((each) => policies.lookUp(each, Date.now())));
    assert.deepEqual(
      found.map(({ document }) => document.serial),
      owners.map(() => serial),
    );
  }
});

function isPolicy(path: string): boolean {
  return path.includes('/targets/');
}
