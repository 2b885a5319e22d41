import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths } from '../../src/install/state/layout.ts';
import { ROOT } from '../../src/install/state/machine/owner.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';
import { serviceParts } from '../fakes/service-parts.ts';
import { holdingServer } from '../fakes/slow-servers.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

/** A computer that was installed from one package and rolled to a second, and the service’s changes to it. */
async function rolledOn(t: TestContext) {
  const project = await madeProject(t);
  const { state, install } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  await project.changeDisk(0);
  await install((await project.build('two')).folder, { replace: true, keepOld: true });
  const parts = serviceParts(state);
  await project.changeDisk(1);
  const three = await project.build('three');
  return { state, ...parts, folder: three.folder };
}

const { signal } = new AbortController();

test('a plan from a silent address keeps nobody’s roll back waiting, and leaves nothing', { skip }, async (t) => {
  const { state, changes, installs, folder } = await rolledOn(t);
  const server = await holdingServer(t, folder, () => true);

  const foreseen = installs.foresee(ROOT, { source: server.address }, signal);
  await server.asked;
  assert.equal((await changes.rollBack(ROOT, 'office')).to, 1);

  server.goOn();
  assert.equal((await foreseen).machines[0]?.action, 'replace');
  assert.equal((await openInstance(state, 'office')).current.generation, 1);
});

test('an installation that fetches keeps nobody’s roll back or removal waiting, and decides again when all is here', {
  skip,
}, async (t) => {
  const { state, changes, installs, removals, folder } = await rolledOn(t);
  const server = await holdingServer(t, folder, (path) => path.includes('/blobs/'));
  const request = { source: server.address, keepOld: false };

  const asking = installs.install(ROOT, { ...request, replace: true }, signal, () => undefined);
  await server.asked;
  assert.equal((await changes.rollBack(ROOT, 'office')).to, 1);
  await removals.uninstall({ asker: ROOT, vms: ['office'], isConfirmed: true });
  await assert.rejects(openInstance(state, 'office'), code('VM_UNKNOWN'));

  server.goOn();
  assert.equal((await asking).machines[0]?.action, 'add', 'it is a first installation by now');
  assert.equal((await openInstance(state, 'office')).current.generation, 3);
});

for (const part of ['/metadata/', '/blobs/'])
  test(`two installations from two sources, one silent at ${part}, do not wait for each other`, { skip }, async (t) => {
    const { state, installs, folder } = await rolledOn(t);
    const request = { keepOld: false, replace: true };
    const server = await holdingServer(t, folder, (path) => path.includes(part));
    let isSilentOver = false;
    const silent = installs
      .install(ROOT, { ...request, source: server.address }, signal, () => undefined)
      .finally(() => {
        isSilentOver = true;
      });
    await server.asked;

    await installs.install(ROOT, { ...request, source: folder }, signal, () => undefined);
    assert.equal((await openInstance(state, 'office')).current.generation, 3);
    assert.equal(isSilentOver, false, 'the other source is still silent');

    server.goOn();
    assert.equal((await silent).machines[0]?.action, 'keep', 'all of it is here by then');
    assert.deepEqual(readdirSync(computerPaths(state).staging), [], 'nothing is left of either');
  });

test('an installation that fails takes nothing from another that is under way', { skip }, async (t) => {
  const { state, installs, folder } = await rolledOn(t);
  const request = { keepOld: false, replace: true };
  const server = await holdingServer(t, folder, (path) => path.includes('/blobs/'));
  const slow = installs.install(ROOT, { ...request, source: server.address }, signal, () => undefined);
  await server.asked;

  const broken = new AbortController();
  const other = await holdingServer(t, folder, (path) => path.includes('/blobs/'));
  const failing = installs.install(ROOT, { ...request, source: other.address }, broken.signal, () => undefined);
  await other.asked;
  broken.abort();
  await assert.rejects(failing, code('INTERRUPTED'));

  server.goOn();
  assert.equal((await slow).machines[0]?.action, 'replace');
  assert.equal((await openInstance(state, 'office')).current.generation, 3);
  assert.deepEqual(readdirSync(computerPaths(state).staging), []);
});

test('two that install from one source wait for each other, and the second finds all of it here', {
  skip,
}, async (t) => {
  const { installs, folder } = await rolledOn(t);
  const server = await holdingServer(t, folder, (path) => path.includes('/blobs/'));
  const install = () =>
    installs.install(ROOT, { source: server.address, keepOld: false, replace: true }, signal, () => undefined);
  const both = [install(), install()];
  await server.asked;
  server.goOn();

  const actions = (await Promise.all(both)).map(({ machines }) => machines[0]?.action);
  assert.deepEqual(actions.sort(), ['keep', 'replace'], 'whichever of them came first');
});
