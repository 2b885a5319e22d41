import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { planPackage } from '../../src/package/plan/plan.ts';
import { type PlanRequest, planFacts } from '../../src/package/plan/plan-facts.ts';
import { openProject } from '../../src/project/open.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { madeProject } from '../fakes/made-project.ts';

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
    authentication: { type: 'password', contents: [] },
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
    ['POLICY_NEEDS_MACHINE', 'POLICY_NOT_ENFORCED'],
  );
  assert.equal(readdirSync(join(project.folder, 'published/packages/targets')).length, 1);
});

test('a plan says what becomes of the user’s work', { skip }, async (t) => {
  const [bare, kept] = [await madeProject(t), await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 64 })];

  assert.match((await planned(bare.folder)).machines[0]?.forInstalled ?? '', /lost/);
  assert.match(
    (await planned(kept.folder)).machines[0]?.forInstalled ?? '',
    /replaced with what was changed on it, its data disk stays/,
  );
});
