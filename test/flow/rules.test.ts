import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { collect } from '../../src/install/change/generation/collect.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { filePath, instancePaths } from '../../src/install/state/layout.ts';
import { readPolicy, writePolicy } from '../../src/install/state/policies.ts';
import { readResources } from '../../src/install/state/resources.ts';
import type { MachinePolicy } from '../../src/policy/schema.ts';
import { vmPaths } from '../../src/project/layout.ts';
import { digestFile } from '../../src/sys/files/files.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';
import { listed, threeVersions, V3 } from '../fakes/quarantine.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const STATIC: MachinePolicy['quarantine'] = {
  type: 'static',
  mode: 'whitelist',
  normal: listed('10.0.0.0/8'),
};
const AGE = `age1${'q'.repeat(58)}`;

/** Makes the computer’s machine have a policy that a later release of Lazaret would have let through. */
async function hadPolicy(state: string, vm: string, policy: Partial<MachinePolicy>): Promise<void> {
  const { generation, document } = await readPolicy(state, vm);
  await writePolicy(state, vm, { generation, document: { ...document, policy: { ...document.policy, ...policy } } });
}

test('a policy package changes the policy of an installed machine and no byte of the machine', { skip }, async (t) => {
  const project = await madeProject(t);
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  const overlay = await digestFile(join(instancePaths(state, 'office').current, 'overlay.qcow2'));
  await project.setPolicy({ quarantine: STATIC });
  const built = await project.build('two', { kind: 'policy' });
  assert.equal(built.blobBytes, 0);

  const report = await install(built.folder, { running: [['office', 1]] });

  assert.deepEqual(
    [report.machines, report.policies],
    [[], [{ vm: 'office', action: 'apply', changes: [{ section: 'quarantine', when: 'at-once' }] }]],
  );
  assert.deepEqual((await readPolicy(state, 'office')).document.policy.quarantine, STATIC);
  assert.equal((await openInstance(state, 'office')).current.generation, 1);
  assert.deepEqual(await digestFile(join(instancePaths(state, 'office').current, 'overlay.qcow2')), overlay);
  assert.equal((await install(built.folder)).policies[0]?.action, 'keep', 'again is no harm');
});

test('a custom package has what is named: one machine, the policy of another', { skip }, async (t) => {
  const project = await madeProject(t);
  await project.addVm('kiosk');
  const { install } = computer(t);
  await assert.rejects(project.build('none', { kind: 'custom' }), code('PACKAGE_EMPTY'));
  await assert.rejects(project.build('none', { kind: 'update', policies: ['kiosk'] }), code('USAGE'));
  const built = await project.build('one', { kind: 'custom', vms: ['office'], policies: ['kiosk'] });
  assert.deepEqual([built.machines.map(({ vm }) => vm), built.policies], [['office'], ['kiosk']]);

  const report = await install(built.folder, { fingerprint: project.fingerprint });

  assert.deepEqual(
    [report.machines.map(({ vm }) => vm), report.policies],
    [['office'], [{ vm: 'kiosk', action: 'absent', changes: [] }]],
  );
});

test('resources come with the machines, stay when nothing brings others, and are what was signed', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const { install, state } = computer(t);
  const resource = join(project.folder, 'resources', 'who.sh');
  writeFileSync(resource, 'echo nobody\n');
  const kept = async () => {
    await collect(state, new Map());
    return (await readResources(state)).map(({ name, sha256 }) => [
      name,
      readFileSync(filePath(state, sha256), 'utf8'),
    ]);
  };

  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  assert.deepEqual(await kept(), [['who.sh', 'echo nobody\n']]);
  writeFileSync(resource, 'echo somebody\n');
  await install((await project.build('two', { kind: 'policy' })).folder);
  assert.deepEqual(await kept(), [['who.sh', 'echo nobody\n']]);
  const three = await project.build('three', { kind: 'custom', resources: true });
  assert.deepEqual([three.machines, three.policies, three.resources], [[], [], ['who.sh']]);
  await install(three.folder);
  assert.deepEqual(await kept(), [['who.sh', 'echo somebody\n']]);

  writeFileSync(join(project.folder, 'resources', 'WHO.sh'), '');
  await assert.rejects(project.build('four'), code('PROJECT_INVALID'));
});

test('a policy stays when its machine is rolled back or an older package comes', { skip }, async (t) => {
  const project = await madeProject(t);
  const { install, state } = computer(t);
  const one = await project.build('one');
  const old = await project.build('old', { kind: 'policy' });
  await install(one.folder, { fingerprint: project.fingerprint });
  await project.setPolicy({ quarantine: STATIC });
  await install((await project.build('two', { kind: 'policy' })).folder);

  await assert.rejects(install(old.folder), code('TRUST_ROLLBACK'));

  assert.deepEqual((await readPolicy(state, 'office')).document.policy.quarantine, STATIC);
});

test('rule 3: reimage in a policy package leaves installed machines as they are, and both sides are told', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const { install, state } = computer(t);
  await project.setPolicy({ reimage: { enabled: false } });
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  await hadPolicy(state, 'office', { reimage: { enabled: true } });

  const report = await install((await project.build('two', { kind: 'policy' })).folder);

  assert.deepEqual(report.policies[0]?.changes, [{ section: 'reimage', when: 'reinstall' }]);
});

test('rule 4: a policy package that changes encryption is not built, but with --force', { skip }, async (t) => {
  const project = await madeProject(t);
  await project.build('one');
  await project.setPolicy({ encryption: { disks: false, configuration: true, recovery: false } });

  const unforced = { kind: 'policy', force: false } as const;
  await assert.rejects(project.build('two', unforced), code('POLICY_NEEDS_MACHINE'));
  await project.build('two', { kind: 'policy', force: true });
});

test('rule 4: on the computer such a change fails for its machine alone, and the failure names it', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  await project.addVm('kiosk');
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  await hadPolicy(state, 'office', { authentication: { type: 'password', contents: [] } });
  const before = await readPolicy(state, 'office');
  for (const vm of ['office', 'kiosk']) await project.setPolicy({ quarantine: STATIC }, vm);
  const two = await project.build('two', { kind: 'policy' });

  await assert.rejects(install(two.folder), (error: Error) => {
    assert.ok('code' in error && error.code === 'POLICY_NEEDS_MACHINE');
    assert.match(error.message, /office/);
    assert.doesNotMatch(error.message, /kiosk/);
    return true;
  });

  assert.deepEqual(await readPolicy(state, 'office'), before, 'the old policy, whole');
  assert.deepEqual((await readPolicy(state, 'kiosk')).document.policy.quarantine, STATIC);
});

test('rule 5, fact 9: the recovery key stays as the first package that had one said', { skip }, async (t) => {
  const project = await madeProject(t);
  await project.build('one');
  const file = join(project.folder, 'lazaret.yaml');
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, `${before}recoveryKey: ${AGE}\n`);
  await project.build('two', { force: true });

  for (const other of ['', `recoveryKey: ${AGE.replace(/q$/, 'p')}\n`]) {
    writeFileSync(file, `${before}${other}`);
    await assert.rejects(project.build('three'), code('RECOVERY_KEY_FIXED'));
  }
});

test('rule 6: a copy behind the newest version is warned of; --strict makes that an error', { skip }, async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());

  await assert.rejects(project.build('one', { strict: true }), code('VERSION_BEHIND'));
  const built = await project.build('one');

  assert.match(built.warnings.join('\n'), /office: .*not at the newest version/);
  writeFileSync(vmPaths(project.folder, 'office').state, JSON.stringify({ format: 1, descriptor: V3 }));
  assert.deepEqual((await project.build('two', { strict: true })).warnings, []);
});

test('rule 8: a suspended machine is not packaged', { skip }, async (t) => {
  const project = await madeProject(t);
  writeFileSync(vmPaths(project.folder, 'office').suspended, '');

  await assert.rejects(project.build('one'), code('VM_SUSPENDED'));
  await project.build('two', { kind: 'policy' });
});

test('a policy that was changed after the last deploy is warned of', { skip }, async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  await project.deploy();
  assert.doesNotMatch((await project.build('one')).warnings.join(), /after the last deploy/);
  await project.setQuarantine({ ...threeVersions(), interval: '1h' });

  assert.match((await project.build('two')).warnings.join(), /after the last deploy/);
});
