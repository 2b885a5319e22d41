import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { uninstall } from '../../src/install/change/back/uninstall.ts';
import { foreseeInstall } from '../../src/install/change/foresee.ts';
import { updateFromServer } from '../../src/install/change/update.ts';
import { openInstance, readInstances } from '../../src/install/state/instances.ts';
import { computerPaths } from '../../src/install/state/layout.ts';
import { readPolicy } from '../../src/install/state/policies.ts';
import { readResources } from '../../src/install/state/resources.ts';
import { ERRORS } from '../../src/lib/errors.ts';
import { keyPath } from '../../src/project/layout.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { openKeyFile } from '../../src/trust/sign/keys.ts';
import { publish } from '../../src/trust/sign/repository.ts';
import { pinnedProject } from '../../src/trust/verify/client.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject, PASSPHRASE } from '../fakes/made-project.ts';
import { threeVersions } from '../fakes/quarantine.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const packagesOf = (project: { folder: string }) => join(project.folder, 'published', 'packages');

test('an update that was tried too early does not keep out the full package that it asks for', { skip }, async (t) => {
  const project = await madeProject(t);
  const { install, state } = computer(t);
  await project.addVm('lab');
  const lab = await project.build('lab', { vms: ['lab'] });
  await project.changeDisk(512 << 10);
  const full = await project.build('one', { vms: ['office'] });
  await project.changeDisk(0);
  const update = await project.build('two', { kind: 'update', vms: ['office'] });
  await install(lab.folder, { fingerprint: project.fingerprint });

  await assert.rejects(install(update.folder), code('LAYER_BASE_MISSING'));

  await install(full.folder);
  await install(update.folder, { replace: true });
  assert.equal((await openInstance(state, 'office')).current.machine.release, 2);
  await assert.rejects(install(full.folder, { replace: true }), code('TRUST_ROLLBACK'), 'older than what is installed');
});

test('a package that the newest release does not list any more stays out', { skip }, async (t) => {
  const project = await madeProject(t);
  const { install } = computer(t);
  await project.addVm('lab');
  const one = await project.build('one', { vms: ['office'] });
  const key = await openKeyFile(keyPath(project.folder, 'release'), PASSPHRASE);
  const add = new Map();
  await publish(packagesOf(project), { add, remove: ['1-one.json'], key, now: Date.now(), validForMs: 86_400_000 });
  const lab = await project.build('lab', { vms: ['lab'] });
  await install(lab.folder, { fingerprint: project.fingerprint });

  await assert.rejects(install(one.folder), code('TRUST_ROLLBACK'));
});

test('a first installation that fails anywhere leaves no project and nothing that it demanded', { skip }, async (t) => {
  const [ours, theirs] = [await madeProject(t, 'Ours'), await madeProject(t, 'Theirs')];
  const one = await ours.build('one', { minGeneration: 1 });
  const reached: string[] = [];
  const all = computer(t);
  await all.install(one.folder, {
    fingerprint: ours.fingerprint,
    steps: async (step) => void reached.push(step),
  });
  const before = reached.slice(0, reached.indexOf('office: switched'));
  assert.ok(before.includes('project') && before.includes('floor'), `${before}`);

  for (const last of before) {
    const { install, state } = computer(t);
    const steps = async (step: string) => {
      if (step === last) throw new Error('stopped');
    };
    await assert.rejects(install(one.folder, { fingerprint: ours.fingerprint, steps }), /stopped/);

    const paths = computerPaths(state);
    assert.equal(await pinnedProject(paths.trust), undefined, last);
    for (const path of [paths.trust, paths.floor, paths.resources, paths.hostPolicy])
      assert.equal(existsSync(path), false, `${path} after ${last}`);
    assert.ok(readdirSync(state).every((name) => !name.endsWith('.tmp')));
  }
  const { install, state } = computer(t);
  await assert.rejects(
    install(one.folder, {
      fingerprint: ours.fingerprint,
      steps: async (step) => {
        if (step === 'project') throw new Error('stopped');
      },
    }),
  );
  await install((await theirs.build('one')).folder, { fingerprint: theirs.fingerprint });
  assert.equal((await pinnedProject(computerPaths(state).trust))?.name, 'Theirs');
});

test('no remedy says that nothing was changed where something may have been', () => {
  for (const { hint } of [ERRORS.DISK_FULL, ERRORS.INTERRUPTED]) assert.doesNotMatch(hint, /nothing was changed/i);
});

test('a new computer takes the newest full package and what follows, whatever the newest one is', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  await project.addVm('lab');
  await project.build('one');
  await project.changeDisk(0);
  await project.build('two', { kind: 'update', vms: ['office'] });
  await project.setQuarantine(threeVersions());
  const policy = await project.build('three', { kind: 'policy', vms: ['office'] });
  const { install, state } = computer(t);
  const options = { state, running: () => new Map(), now: Date.now(), signal: new AbortController().signal };
  const { fingerprint } = project;

  const foreseen = await foreseeInstall({ source: packagesOf(project), fingerprint }, options);
  const report = await install(packagesOf(project), { fingerprint });

  for (const { machines } of [foreseen, report])
    assert.deepEqual(machines.map(({ vm, action }) => `${vm} ${action}`).sort(), ['lab add', 'office add']);
  assert.deepEqual([foreseen.generation, report.generation], [policy.generation, policy.generation]);
  const current = async (vm: string) => (await openInstance(state, vm)).current;
  assert.deepEqual([(await current('lab')).generation, (await current('office')).generation], [1, 2]);
  assert.equal((await current('office')).machine.release, 2);
  assert.equal((await readPolicy(state, 'office')).document.policy.quarantine.type, 'version-based');
  assert.deepEqual(await readResources(state), []);
});

test('an update of a computer that has no machine brings all; one that has some gets no others', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  await project.addVm('lab');
  await project.setProject({ packageServer: `file://${packagesOf(project)}` });
  await project.build('one', { vms: ['office'] });
  const { install, state } = computer(t);
  await install(packagesOf(project), { fingerprint: project.fingerprint });
  await project.setQuarantine(threeVersions());
  await project.build('two', { kind: 'full', vms: ['lab'] });
  await project.build('three', { kind: 'policy', vms: ['office'] });
  const options = {
    ...{ state, running: () => new Map(), now: Date.now(), signal: new AbortController().signal },
    onProgress: () => undefined,
  };
  const request = { full: false, replace: false, keepOld: false };
  const names = async () => (await readInstances(state)).map(({ file }) => file.vm);

  await updateFromServer(request, options);
  assert.deepEqual(await names(), ['office']);

  await uninstall(state, 'office');
  await updateFromServer(request, options);
  assert.deepEqual(await names(), ['lab', 'office']);
  assert.equal((await readPolicy(state, 'office')).document.policy.quarantine.type, 'version-based');
});
