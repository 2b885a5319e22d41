import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { type ForeseenInstall, foreseeInstall } from '../../src/install/change/foresee.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths } from '../../src/install/state/layout.ts';
import { publishedListener } from '../../src/manager/published.ts';
import { listenTcp } from '../../src/sys/http/http-server.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

function foresee(state: string, source: string, more: { fingerprint?: string; running?: [string, number][] } = {}) {
  const { fingerprint, running = [] } = more;
  const options = { state, running: () => new Map(running), now: Date.now(), signal: new AbortController().signal };
  return foreseeInstall({ source, ...(fingerprint === undefined ? {} : { fingerprint }) }, options);
}

const codes = ({ problems }: ForeseenInstall) => problems.map((problem) => problem.code);

test('a first package is foreseen without being trusted, installed or leaving anything', { skip }, async (t) => {
  const project = await madeProject(t);
  const { state } = computer(t);
  const built = await project.build('one', { notes: 'The first.' });

  await assert.rejects(foresee(state, built.folder), code('TRUST_CONFIRM'));
  const found = await foresee(state, built.folder, { fingerprint: project.fingerprint });

  assert.deepEqual(found.machines, [{ vm: 'office', action: 'add', losesChanges: false, afterStop: false }]);
  assert.deepEqual(
    [found.notes, found.kind, found.bytes.fetch, codes(found)],
    ['The first.', 'full', built.blobBytes, []],
  );
  assert.equal(existsSync(computerPaths(state).trust), false, 'this computer still belongs to no project');
  assert.deepEqual(readdirSync(state), []);
});

test('what would be lost and when it would take effect is said before', { skip }, async (t) => {
  const project = await madeProject(t);
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  await project.changeDisk(0);
  await project.setPolicy({
    quarantine: { type: 'static', mode: 'blacklist', normal: { entries: [], exceptions: [] } },
  });
  const update = await project.build('two', { kind: 'update' });

  const found = await foresee(state, update.folder, { running: [['office', 1]] });

  assert.deepEqual(found.machines, [{ vm: 'office', action: 'replace', losesChanges: true, afterStop: true }]);
  assert.deepEqual(found.policies, [
    { vm: 'office', action: 'with-machine', changes: [{ section: 'quarantine', when: 'at-once' }] },
  ]);
  assert.deepEqual([codes(found), found.bytes.fetch], [['INSTALL_CONFIRM'], update.blobBytes]);
  assert.equal((await openInstance(state, 'office')).current.generation, 1);
});

test('an update whose base is not here, from a folder or an address, is said to lack it', { skip }, async (t) => {
  const project = await madeProject(t);
  const behind = computer(t);
  const one = await project.build('one');
  await behind.install(one.folder, { fingerprint: project.fingerprint });
  await project.changeDisk(0);
  const two = await project.build('two', { kind: 'update' });
  await project.changeDisk(256 << 10);
  const three = await project.build('three', { kind: 'update' });
  const published = publishedListener(three.folder);
  await using web = await listenTcp('127.0.0.1', 0, published);
  const address = `http://127.0.0.1:${web.port}/`;

  for (const source of [three.folder, address]) {
    const { problems } = await foresee(behind.state, source);
    assert.deepEqual([problems[0]?.code, problems[1]?.code], ['LAYER_BASE_MISSING', 'INSTALL_CONFIRM'], source);
    assert.match(problems[0]?.reason ?? '', /needs release 2 of its disk, which it does not carry/);
    await assert.rejects(behind.install(source, { replace: true }), code('LAYER_BASE_MISSING'));
  }
  await behind.install(two.folder, { replace: true });
  for (const source of [three.folder, address])
    assert.deepEqual(codes(await foresee(behind.state, source)), ['INSTALL_CONFIRM']);
});

test('a package that could not be installed at all fails here as it would there', { skip }, async (t) => {
  const [ours, theirs] = [await madeProject(t, 'Ours'), await madeProject(t, 'Theirs')];
  const { install, state } = computer(t);
  await install((await ours.build('one')).folder, { fingerprint: ours.fingerprint });

  await assert.rejects(foresee(state, (await theirs.build('one')).folder), code('TRUST_FOREIGN'));
});
