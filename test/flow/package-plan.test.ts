import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scriptOf } from '../../lab/programs.ts';
import type { PackageKind } from '../../src/package/manifest.ts';
import { planPackage } from '../../src/package/plan/plan.ts';
import { type PlanRequest, planFacts } from '../../src/package/plan/plan-facts.ts';
import { HostPolicy } from '../../src/policy/host.ts';
import type { Quarantine } from '../../src/policy/quarantine.ts';
import { vmPaths } from '../../src/project/layout.ts';
import { openProject } from '../../src/project/open.ts';
import { takeLock } from '../../src/sys/files/lock.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { code } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';

const MANAGER = scriptOf('lazaret-manager');
const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

async function planned(folder: string, change: Partial<PlanRequest> = {}) {
  const { signal } = new AbortController();
  const usual = { kind: 'full', vms: [], policies: [], resources: false, force: false, strict: false, signal } as const;
  return planPackage(await planFacts(await openProject(folder), { ...usual, ...change }));
}

test('the bytes of what was released are exact, of what was written since an estimate from above', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const first = await planned(project.folder);
  assert.deepEqual([first.bytes.exact, first.machines[0]?.newBytes], [0, 1 << 20]);
  const one = await project.build('one');
  assert.deepEqual((await planned(project.folder)).bytes, { exact: one.blobBytes, estimated: one.blobBytes });
  assert.deepEqual((await planned(project.folder, { kind: 'update' })).bytes, { exact: 0, estimated: 0 });
  await project.changeDisk(0);

  const plan = await planned(project.folder, { kind: 'update' });

  assert.deepEqual([plan.generation, plan.machines[0]?.release, plan.bytes], [2, 2, { exact: 0, estimated: 64 << 10 }]);
  assert.ok((await project.build('two', { kind: 'update' })).blobBytes < 64 << 10);
});

test('a plan builds nothing and says what will hold when, and what VMware ACE kept silent about', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  await project.build('one');
  await project.setPolicy({
    quarantine: { type: 'static', mode: 'whitelist', normal: { entries: [], exceptions: [] } },
    authentication: { type: 'users-and-groups', users: ['alice'], groups: [] },
  });

  const plan = await planned(project.folder, { kind: 'policy' });

  assert.deepEqual(
    plan.policies[0]?.changes.map(({ section, when, ace }) => [section, when, ace !== undefined]),
    [
      ['quarantine', 'at-once', false],
      ['authentication', 'with-machine', true],
    ],
  );
  assert.deepEqual(
    plan.problems.map(({ code }) => code),
    ['POLICY_NEEDS_MACHINE', 'DOMAIN_UNSET'],
  );
  assert.equal(readdirSync(join(project.folder, 'published/packages/targets')).length, 1);
});

test('a package without a change is refused, by its plan too, unless it is forced', { skip }, async (t) => {
  const project = await madeProject(t);
  const resource = join(project.folder, 'resources', 'who.sh');
  const makeUnforced = (name: string, kind: PackageKind) => project.build(name, { kind, force: false });
  const refused = async (kind: PackageKind) => {
    const { problems } = await planned(project.folder, { kind });
    assert.deepEqual(
      problems.map(({ code: found }) => found),
      ['PACKAGE_UNCHANGED'],
      kind,
    );
    await assert.rejects(makeUnforced('no', kind), code('PACKAGE_UNCHANGED'), kind);
    assert.deepEqual((await planned(project.folder, { kind, force: true })).problems, [], kind);
  };
  const makes = async (name: string, kind: PackageKind) => {
    assert.deepEqual((await planned(project.folder, { kind })).problems, [], name);
    await makeUnforced(name, kind);
  };
  await makes('one', 'full');
  for (const kind of ['full', 'update', 'policy'] as const) await refused(kind);

  await project.changeDisk(0);
  await makes('disk', 'update');
  await refused('update');
  await refused('policy');
  await makes('again', 'full');
  writeFileSync(resource, 'echo nobody\n');
  await refused('policy');
  await makes('resource', 'update');
  await project.setPolicy({ updates: { healthTimeout: '1m' } });
  await makes('policy', 'policy');
  await refused('update');
  await project.setProject({ host: HostPolicy.parse({ default: { mode: 'blacklist', entries: ['files.example'] } }) });
  await makes('host', 'policy');
  await refused('update');
  writeFileSync(vmPaths(project.folder, 'office').state, JSON.stringify({ format: 1, descriptor: '0x7B4C2902' }));
  await makes('version', 'update');

  await refused('update');
  await makes('all', 'full');
  await project.build('since', { kind: 'update', since: 1, force: false });
  await project.build('floor', { kind: 'update', minGeneration: 2, force: false });
  assert.deepEqual(
    readdirSync(join(project.folder, 'published/packages')).filter((name) => name.startsWith('unfinished')),
    [],
  );
});

test('a machine that is powered on is a problem of its package, for its plan too', { skip }, async (t) => {
  const project = await madeProject(t);
  await using lock = await takeLock(join(vmPaths(project.folder, 'office').folder, '.lock'));
  assert.ok(lock);

  const { problems } = await planned(project.folder);

  assert.deepEqual(
    problems.map(({ code: found }) => found),
    ['VM_RUNNING'],
  );
});

test('what two machines share is priced once, as it is packed', { skip }, async (t) => {
  const project = await madeProject(t);
  await project.addVm('kiosk');
  const first = await planned(project.folder);
  const { blobBytes } = await project.build('one');

  assert.equal(first.bytes.estimated, 2 << 20, 'what is not packed yet may be less');
  assert.deepEqual((await planned(project.folder)).bytes, { exact: blobBytes, estimated: blobBytes });
});

test('the command fails where the package could not be built, and says what it would take', { skip }, async (t) => {
  const project = await madeProject(t);
  const plan = (...args: string[]) =>
    run(process.execPath, [MANAGER, 'package', 'plan', 'two', '-C', project.folder, ...args], { allow: [65, 66] });
  const first = await plan('--kind', 'full');
  assert.equal(first.exitCode, 0);
  assert.match(first.stdout, /full, generation 1, at most 1\.0 MiB before compression/);
  assert.match(first.stdout, /policy of office: for the first time/);
  assert.doesNotMatch(first.stdout, /as in the packages before|0 B/);
  await project.build('one');

  assert.equal((await plan('--kind', 'update')).exitCode, 65, 'nothing has changed');
  await project.setQuarantine({ type: 'custom', script: { file: 'who.sh' } } as unknown as Quarantine);
  const { exitCode, stdout } = await plan('--kind', 'update', '--json');

  assert.equal(exitCode, 66);
  assert.equal(JSON.parse(stdout).problems[0].code, 'PLUGIN_MISSING');
  rmSync(vmPaths(project.folder, 'office').work);
  assert.match((await plan('--kind', 'full')).stdout, /VM_FILE_MISSING: office: .*work\.qcow2 is not there/);
});

test('a plan says what becomes of the user’s work', { skip }, async (t) => {
  const [bare, kept] = [await madeProject(t), await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 64 })];

  assert.match((await planned(bare.folder)).machines[0]?.forInstalled ?? '', /lost/);
  assert.match(
    (await planned(kept.folder)).machines[0]?.forInstalled ?? '',
    /replaced with what was changed on it, its data disk stays/,
  );
});

test('a plan refuses the names that a build refuses, and says which releases there are', { skip }, async (t) => {
  const project = await madeProject(t);
  await project.build('one');
  await project.changeDisk(0);
  const problems = async (change: Partial<PlanRequest>) => {
    const plan = await planned(project.folder, { kind: 'update', ...change });
    assert.equal(plan.machines.length, 1, 'the rest of the plan is there');
    return plan.problems.map(({ code: found, reason }) => `${found}: ${reason}`).join();
  };

  assert.equal(await problems({ name: 'two' }), '');
  assert.equal(await problems({ name: 'one' }), 'PACKAGE_EXISTS: there is a package one already');
  for (const name of ['', 'Two', 'büro-2', 'office 2', '../two', 'two-', 'x'.repeat(61)])
    assert.match(await problems({ name }), /^USAGE: “.*” is not a name for a package: use 1 to 60 small letters/, name);
  assert.equal(await problems({ since: 1 }), '');
  assert.equal(await problems({ since: 7 }), 'USAGE: no package brought release 7 of office; there are 1');
  assert.equal(await problems({ kind: 'full', since: 7 }), '');
});
