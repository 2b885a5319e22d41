import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { collect } from '../../src/install/change/generation/collect.ts';
import { readIfInstalled } from '../../src/install/state/instances.ts';
import { instancePaths } from '../../src/install/state/layout.ts';
import { wantedPaths } from '../../src/install/state/wanted.ts';
import { digestFile } from '../../src/sys/files/files.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { change, copyOf, listing, requireBootable } from '../fakes/stopped.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

interface Scenario {
  title: string;
  /** The state before, and the words of the change. */
  before: string;
  words: string[];
  generations: [before: number | undefined, after: number];
}

async function walk(t: TestContext, { title, before, words, generations }: Scenario): Promise<string> {
  const whole = copyOf(t, before);
  const steps = await change(whole, '-', words);
  await collect(whole, new Map());
  assert.equal(await requireBootable(whole), generations[1]);
  const data = generations[0] === undefined ? undefined : await digestFile(instancePaths(before, 'office').data);
  for (const step of steps) {
    await t.test(`${title}, killed after “${step.replace(/[0-9a-f]{64}/, '…')}”`, async (sub) => {
      const state = copyOf(sub, before);
      await change(state, step, words);
      await collect(state, new Map());

      const instance = await readIfInstalled(state, 'office');
      const resumed = new Set([...(await wantedPaths(state))].map((path) => path.slice(state.length + 1)));
      const left = listing(state, resumed);
      if (instance) {
        const found = await requireBootable(state);
        assert.ok(generations.includes(found), `generation ${found}`);
        assert.deepEqual(
          left,
          listing(found === generations[1] ? whole : before, resumed),
          'no more and no less than that state',
        );
        if (data) assert.deepEqual(await digestFile(instancePaths(state, 'office').data), data);
      } else {
        assert.equal(generations[0], undefined, 'a machine is never lost');
        const own = ['data.qcow2', 'first-installation', 'instance.json', 'place.json', 'policy.json', 'term.json'].map(
          (name) => `instances/office/${name}`,
        );
        assert.deepEqual(
          left.filter((path) => !own.includes(path)),
          [],
        );
      }

      if (instance?.current.generation === generations[1]) return;
      await change(state, '-', words);
      await collect(state, new Map());
      assert.deepEqual(listing(state), listing(whole), 'the second attempt ends what the first began');
    });
  }
  return whole;
}

test('a change that is killed after any of its steps leaves the old state or the new one, and no garbage', {
  skip,
}, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 64 });
  const one = await project.build('one');
  await project.changeDisk(0);
  const two = await project.build('two', { kind: 'update' });
  const three = await project.build('three', { kind: 'policy' });
  const install = ({ folder }: { folder: string }) => ['install', folder, project.fingerprint];

  const first = await walk(t, {
    title: 'a first installation',
    before: join(scratch(t), 'none'),
    words: install(one),
    generations: [undefined, 1],
  });
  await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 7 1M 64k', instancePaths(first, 'office').data]);
  const second = await walk(t, { title: 'an update', before: first, words: install(two), generations: [1, 2] });
  await project.changeDisk(1 << 16);
  const four = await project.build('four', { kind: 'update' });
  const title = 'an update of a machine that has a former system already';
  await walk(t, { title, before: second, words: install(four), generations: [2, 4] });
  await walk(t, { title: 'a policy package', before: second, words: install(three), generations: [2, 2] });
  await walk(t, { title: 'a roll back', before: second, words: ['rollback', 'office'], generations: [2, 1] });
});
