import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Changes } from '../../src/daemon/changes.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths } from '../../src/install/state/layout.ts';
import { EventLog } from '../../src/run/computer/events.ts';
import { openLog } from '../../src/sys/log.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';
import { holdingServer } from '../fakes/slow-servers.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

/** A computer that was installed from one package and rolled to a second, and the service’s changes to it. */
async function rolledOn(t: TestContext) {
  const project = await madeProject(t);
  const { state, install } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  await project.changeDisk(0);
  await install((await project.build('two')).folder, { replace: true, keepOld: true });
  const changes = new Changes({
    ...{ state, events: new EventLog(computerPaths(state).events), log: openLog('test') },
    ...{ now: async () => Date.now(), clock: Date.now, isStarting: () => false },
    ...{ running: () => new Map(), inUse: async () => new Map() },
    ...{ clearAway: async () => undefined, judgeAgain: async () => undefined },
  });
  await project.changeDisk(1);
  const three = await project.build('three');
  return { state, changes, folder: three.folder };
}

const { signal } = new AbortController();

test('a plan from a silent address keeps nobody’s roll back waiting, and leaves nothing', { skip }, async (t) => {
  const { state, changes, folder } = await rolledOn(t);
  const server = await holdingServer(t, folder, () => true);

  const foreseen = changes.foresee({ source: server.address }, signal);
  await server.asked;
  assert.equal((await changes.rollBack('office')).to, 1);

  server.goOn();
  assert.equal((await foreseen).machines[0]?.action, 'replace');
  assert.equal((await openInstance(state, 'office')).current.generation, 1);
});

test('an installation that fetches keeps nobody’s roll back or removal waiting, and decides again when all is here', {
  skip,
}, async (t) => {
  const { state, changes, folder } = await rolledOn(t);
  const server = await holdingServer(t, folder, (path) => path.includes('/blobs/'));
  const request = { source: server.address, keepOld: false };

  const asking = changes.install({ ...request, replace: true }, signal, () => undefined);
  await server.asked;
  assert.equal((await changes.rollBack('office')).to, 1);
  await changes.uninstall({ vms: ['office'], isConfirmed: true });
  await assert.rejects(openInstance(state, 'office'), code('VM_UNKNOWN'));

  server.goOn();
  assert.equal((await asking).machines[0]?.action, 'add', 'it is a first installation by now');
  assert.equal((await openInstance(state, 'office')).current.generation, 3);
});
