import assert from 'node:assert/strict';
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { policyDocument } from '../../src/package/build/publish-policies.ts';
import { openProject, vmNamed } from '../../src/project/open.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code } from '../fakes/made-computer.ts';
import { policyComputer } from '../fakes/policy-computer.ts';
import { listed, threeVersions } from '../fakes/quarantine.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const DAY = 86_400_000;

/** A computer that trusts the project and has its machine, and a folder that it looks up in. */
async function computer(t: TestContext) {
  const made = await policyComputer(t);
  const server = join(made.state, 'server');
  const publish = async () => {
    await made.project.deploy();
    rmSync(server, { recursive: true, force: true });
    cpSync(made.published, server, { recursive: true });
  };
  return { ...made, server, publish, owner: made.owner(String(pathToFileURL(server))) };
}

test('before the first look-up the package’s policy holds, and is known never to have been looked up', {
  skip,
}, async (t) => {
  const { open, owner } = await computer(t);

  assert.deepEqual(await open().current(owner), { document: owner.packaged, lookedUpAt: undefined });
});

test('a looked-up policy holds, also for the next service and without the server', { skip }, async (t) => {
  const { project, open, owner, publish, server } = await computer(t);
  await project.setQuarantine(threeVersions({ threshold: 'third' }));
  await publish();
  const now = Date.now();

  const found = await open().lookUp(owner, now);
  rmSync(server, { recursive: true });

  assert.equal(found.document.serial, 1);
  assert.equal(found.lookedUpAt, now);
  assert.deepEqual(await open().current(owner), found);
  await assert.rejects(open().lookUp(owner, now), { name: 'AppError' });
  assert.deepEqual(await open().current(owner), found, 'a failed look-up takes nothing away');
});

test('a server that goes back to an older policy is refused', { skip }, async (t) => {
  const { open, owner, publish, server, state } = await computer(t);
  await publish();
  cpSync(server, join(state, 'old'), { recursive: true });
  await publish();
  await open().lookUp(owner, Date.now());
  rmSync(server, { recursive: true });
  cpSync(join(state, 'old'), server, { recursive: true });

  await assert.rejects(open().lookUp(owner, Date.now()), code('TRUST_ROLLBACK'));

  assert.equal((await open().current(owner)).document.serial, 2);
});

test('an expired policy is refused, and a clock set back does not revive it', { skip }, async (t) => {
  const { project, open, owner, publish, server } = await computer(t);
  const now = Date.now();
  await publish();
  await open().lookUp(owner, now);
  await project.deploy(now + 10 * DAY, DAY);
  rmSync(server, { recursive: true });
  cpSync(join(project.folder, 'published', 'policies'), server, { recursive: true });
  await open().lookUp(owner, now + 10 * DAY);

  await assert.rejects(open().lookUp(owner, now + 12 * DAY), code('TRUST_EXPIRED'));
  assert.ok((await open().now(now)) >= now + 10 * DAY - 1000, 'time does not go behind what was signed');
});

test('what is no policy is refused with a code, and the old one holds', { skip }, async (t) => {
  const { open, owner, publish, server } = await computer(t);
  await publish();
  const found = await open().lookUp(owner, Date.now());

  writeFileSync(join(server, 'metadata', 'timestamp.json'), '<html>maintenance</html>');
  await assert.rejects(open().lookUp(owner, Date.now()), { name: 'AppError' });
  await assert.rejects(
    open().lookUp({ ...owner, server: 'http://127.0.0.1:1/' }, Date.now()),
    code('STORE_UNREACHABLE'),
  );
  await assert.rejects(open().lookUp({ ...owner, server: undefined }, Date.now()), code('STORE_UNREACHABLE'));

  assert.deepEqual(await open().current(owner), found);
});

test('a damaged cache counts as no policy, and another machine’s policy is not taken', { skip }, async (t) => {
  const { open, owner, publish, state } = await computer(t);
  await publish();
  await open().lookUp(owner, Date.now());
  const [file = ''] = readdirSync(join(state, 'policies'));

  writeFileSync(join(state, 'policies', file), '{"format":1');
  assert.equal((await open().current(owner)).lookedUpAt, undefined);

  const other = { ...owner, vm: { name: 'office', id: '00000000-0000-4000-8000-000000000000' } };
  await assert.rejects(open().lookUp(other, Date.now()), code('POLICY_INVALID'));
});

test('a static policy comes with packages alone', { skip }, async (t) => {
  const { project, open, owner, publish } = await computer(t);
  await project.setQuarantine({ type: 'static', mode: 'whitelist', normal: listed('10.0.0.1') });
  await publish();
  const opened = await openProject(project.folder);
  const packaged = policyDocument(opened, vmNamed(opened, 'office'), 0);

  const found = await open().lookUp({ ...owner, packaged, server: 'http://127.0.0.1:1/' }, Date.now());

  assert.deepEqual(found, { document: packaged, lookedUpAt: undefined });
});
