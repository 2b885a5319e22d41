import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { cpSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Releases } from '../../src/manager/page/not-released.ts';
import { keptDoubts, projectAnswer } from '../../src/manager/page/project.ts';
import { LOOK_ANEW } from '../../src/package/checks.ts';
import { PackageManifest } from '../../src/package/manifest.ts';
import { MachinePolicy } from '../../src/policy/schema.ts';
import { vmPaths } from '../../src/project/layout.ts';
import { KeptReadings, Readings } from '../../src/project/readings.ts';
import { VmFile } from '../../src/project/schema.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { madeProject } from '../fakes/made-project.ts';
import { threeVersions } from '../fakes/quarantine.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

/** A project of five machines as its page looks at it, and how much each look had to read and check. */
async function looked(t: TestContext) {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  const { folder: office, file } = vmPaths(project.folder, 'office');
  for (const at of [1, 2, 3, 4]) {
    const to = join(dirname(office), `vm-${at}`);
    cpSync(office, to, { recursive: true });
    writeFileSync(join(to, 'vm.yaml'), readFileSync(file, 'utf8').replace(/^id: .*$/m, `id: ${randomUUID()}`));
  }
  // Schemas make their methods when they are first used.
  for (const schema of [MachinePolicy, VmFile, PackageManifest]) schema.safeParse({});
  const work = {
    policies: t.mock.method(MachinePolicy, 'safeParse').mock,
    hardware: t.mock.method(VmFile, 'safeParse').mock,
    doubts: t.mock.method(LOOK_ANEW, 'doubts').mock,
    manifests: t.mock.method(PackageManifest, 'safeParse').mock,
  };
  const known = { readings: new Readings(), releases: new Releases(), doubts: keptDoubts() };
  return {
    ...project,
    async look() {
      for (const each of Object.values(work)) each.resetCalls();
      const { machines, problems, warnings } = await projectAnswer(project.folder, known);
      const { policies, hardware, doubts, manifests } = work;
      const did = [policies, hardware, doubts, manifests].map((each) => each.callCount());
      return { did, rows: machines.map(({ name, sound }) => `${name} ${sound?.newest}`), problems, warnings };
    },
  };
}

test('a look at a project reads and checks what changed since the last one, and nothing else', { skip }, async (t) => {
  const project = await looked(t);
  await project.build('one', { vms: ['office'] });
  assert.deepEqual((await project.look()).did, [5, 5, 5, 1]);
  assert.deepEqual((await project.look()).did, [0, 0, 0, 0]);

  const quarantine = threeVersions({ normal: { entries: ['10.9.0.0/16'] } });
  await project.setPolicy({ quarantine }, 'vm-3');
  const third = await project.look();
  assert.deepEqual(third.did, [1, 0, 1, 0]);
  assert.ok(third.warnings.some(({ text }) => text.startsWith('vm-3: normal access lacks')));

  await project.build('two', { vms: ['office'] });
  assert.deepEqual((await project.look()).did, [0, 0, 0, 2]);
});

test('a file with other bytes is read again, whatever its time and its length say', { skip }, async (t) => {
  const project = await looked(t);
  const { policy } = vmPaths(project.folder, 'vm-2');
  assert.equal((await project.look()).rows[2], 'vm-2 third');
  const { atime, mtime } = statSync(policy);
  writeFileSync(policy, readFileSync(policy, 'utf8').replaceAll('third', 'three'));
  utimesSync(policy, atime, mtime);
  assert.equal((await project.look()).rows[2], 'vm-2 three');

  writeFileSync(policy, 'format: 1\nquarantine: {');
  assert.deepEqual(
    (await project.look()).problems.map(({ file }) => file),
    ['vms/vm-2/policy.yaml'],
  );
});

test('a machine that goes is gone, and one with the file of another is one of its own', { skip }, async (t) => {
  const project = await looked(t);
  await project.look();
  rmSync(vmPaths(project.folder, 'vm-4').folder, { recursive: true });
  cpSync(vmPaths(project.folder, 'vm-1').file, vmPaths(project.folder, 'vm-2').file);
  const { rows, problems } = await project.look();
  assert.deepEqual(rows, ['office third', 'vm-1 third', 'vm-2 third', 'vm-3 third']);
  assert.deepEqual(
    problems.map(({ reason }) => reason),
    ['vms/vm-2/vm.yaml: id is also the id of vm-1'],
  );
});

test('what is kept has a bound: what was asked for last is kept', () => {
  let made = 0;
  const kept = new KeptReadings((text) => {
    made += 1;
    return text.length;
  }, 10);
  const askFor = (...paths: string[]) => {
    for (const path of paths) assert.equal(kept.of(path, Buffer.from('12345')).made, 5);
    return made;
  };
  assert.equal(askFor('a', 'b', 'a', 'b'), 2);
  assert.equal(askFor('c'), 3);
  assert.equal(askFor('b', 'c'), 3);
  assert.equal(askFor('a'), 4);
  assert.equal(kept.of('long', Buffer.from('longer than all')).made, 15);
  assert.equal(askFor('a'), 6);
});
