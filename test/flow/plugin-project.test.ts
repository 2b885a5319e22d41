import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { scriptOf } from '../../lab/programs.ts';
import { installedPlugins } from '../../src/daemon/machines/plugins.ts';
import { filePath } from '../../src/install/state/layout.ts';
import { readResources } from '../../src/install/state/resources.ts';
import { projectPaths } from '../../src/project/layout.ts';
import { openProject, vmNamed } from '../../src/project/open.ts';
import { pluginUser } from '../../src/run/machine/host/users.ts';
import { askPlugin } from '../../src/run/plugins/plugin.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';
import { outcome } from '../fakes/plugin.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const MANAGER = scriptOf('lazaret-manager');
const skip = hasProgram('qemu-img') && hasProgram('bwrap') ? false : 'needs qemu-img and bubblewrap';
const SET = ['nq', 'set', 'office', '--type', 'custom', '--script', 'programs.sh', '--argument', 'os=winxp-sp2'];

/** A project, and its administrator’s command line. */
async function administrator(t: TestContext) {
  const project = await madeProject(t);
  const manager = (...args: string[]) => {
    const words = [MANAGER, '-C', project.folder, ...args, '--json'];
    const { status, stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    return { status, ...JSON.parse(stdout.trim().split('\n').at(-1) ?? '') };
  };
  const addScript = () => {
    const { resources } = projectPaths(project.folder);
    mkdirSync(resources, { recursive: true });
    copyFileSync(join(ROOT, 'examples', 'plugins', 'programs.sh'), join(resources, 'programs.sh'));
  };
  return { project, manager, addScript };
}

test('a policy whose plug-in is not among the resources is neither found right nor packed', { skip }, async (t) => {
  const { project, manager, addScript } = await administrator(t);
  assert.equal(manager(...SET, '--normal', '10.0.0.0/8', '--timeout', '5s').status, 0);

  assert.equal(manager('policy', 'check').error.code, 'PLUGIN_MISSING');
  await assert.rejects(project.build('one'), code('PLUGIN_MISSING'));
  addScript();

  assert.equal(manager('policy', 'check').status, 0);
  assert.deepEqual((await project.build('one')).resources, ['programs.sh']);
});

test('the command line sets a plug-in, and changes it', { skip }, async (t) => {
  const { project, manager } = await administrator(t);
  const script = async () => {
    const { quarantine } = vmNamed(await openProject(project.folder), 'office').policy.value;
    return quarantine.type === 'custom' ? quarantine.script : undefined;
  };

  assert.equal(manager('nq', 'set', 'office', '--type', 'custom').error.code, 'POLICY_INVALID', 'it needs a script');
  assert.equal(manager(...SET, '--network', '--interval', '1h').status, 0);
  assert.deepEqual(await script(), { file: 'programs.sh', arguments: ['os=winxp-sp2'], timeout: '10s', network: true });
  assert.equal(manager('nq', 'set', 'office', '--no-network', '--timeout', '20s').status, 0);
  assert.deepEqual(await script(), {
    file: 'programs.sh',
    arguments: ['os=winxp-sp2'],
    timeout: '20s',
    network: false,
  });
  assert.equal(manager('nq', 'set', 'office', '--timeout', '2m').error.code, 'POLICY_INVALID');
  assert.equal(
    manager('nq', 'set', 'office', '--max-offline', '2d').error.code,
    'POLICY_INVALID',
    'nothing would enforce it',
  );
  assert.equal(manager('nq', 'set', 'office', '--max-offline', '2d', '--on-unreachable', 'keep').status, 0);
  assert.equal(manager('nq', 'set', 'office', '--type', 'static', '--script', 'x.sh').error.code, 'POLICY_INVALID');
});

test('what a plug-in would mean is seen beforehand, by its own word or a supposed one', { skip }, async (t) => {
  const { project, manager, addScript } = await administrator(t);
  addScript();
  manager(...SET, '--normal', '10.0.0.0/8', '--restricted', '10.0.0.9');
  const simulated = (...more: string[]) => {
    const { access, allowed, reason } = manager('nq', 'simulate', 'office', '--to', '10.0.0.1:80', ...more);
    return [access, allowed, reason];
  };

  assert.deepEqual(simulated('--descriptor', 'os=winxp-sp2'), ['normal', true, 'the plug-in said yes']);
  assert.deepEqual(simulated('--descriptor', 'os=winxp'), ['restricted', false, 'the plug-in said no']);
  assert.deepEqual(simulated(), ['restricted', false, 'the plug-in does not accept its descriptor']);
  assert.deepEqual(simulated('--answer', 'yes'), ['normal', true, 'the plug-in said yes']);
  assert.deepEqual(simulated('--answer', 'void'), ['restricted', false, 'the plug-in gave no answer']);

  const reports = join(project.out, 'reports');
  mkdirSync(reports, { recursive: true });
  const machines = ['os=winxp-sp2', 'os=winxp-sp3', 'os=win2000'].map((descriptor) => ({ vm: 'office', descriptor }));
  writeFileSync(join(reports, 'one.json'), JSON.stringify({ machines }));
  const { groups } = manager('nq', 'impact', 'office', reports);
  assert.deepEqual(
    groups.map(({ access, machines: count }: { access: string; machines: number }) => [access, count]),
    [
      ['normal', 2],
      ['restricted', 1],
    ],
  );
});

test('an installed plug-in is run only as the package brought it', { skip }, async (t) => {
  const { project, manager, addScript } = await administrator(t);
  addScript();
  manager(...SET);
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  const { quarantine } = vmNamed(await openProject(project.folder), 'office').policy.value;
  assert.ok(quarantine.type === 'custom');
  const question = { script: quarantine.script, descriptor: 'os=winxp-sp2', project: '', vmId: '' };
  const ask = async () =>
    outcome(
      await askPlugin(
        { ...question, event: 'poweron', signal: new AbortController().signal },
        installedPlugins(state, 'office'),
        pluginUser(0),
      ),
    );
  assert.equal(await ask(), 'yes');

  const [resource] = await readResources(state);
  const path = filePath(state, resource?.sha256 ?? '');
  writeFileSync(path, '#!/bin/sh\necho YES\n');
  assert.equal(await ask(), 'PLUGIN_CHANGED');
  rmSync(path);
  assert.equal(await ask(), 'PLUGIN_MISSING');
});
