import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { scratch } from '../../test/fakes/made-project.ts';
import { threeVersions, V1, V2, V3 } from '../../test/fakes/quarantine.ts';
import { AppError } from '../lib/errors.ts';
import type { VersionQuarantine } from '../policy/quarantine.ts';
import type { CurrentPolicy } from '../store/policies.ts';
import type { Watched } from '../store/watch.ts';
import { Access, type AccessParts } from './access.ts';
import { EventLog } from './events.ts';

const NOW = Date.UTC(2026, 0, 10);

interface Start {
  descriptor: string | undefined;
  quarantine?: VersionQuarantine;
  /** What the policy server answers to whoever watches it, one after the other; then it is silent. */
  watched?: Watched[];
}

/** A machine whose filter, policy server and disk do as the test says, and note in which order they were asked. */
async function machine(t: TestContext, start: Start) {
  const asked: string[] = [];
  const world = {
    filterFails: false,
    serverFails: false,
    quarantine: start.quarantine ?? threeVersions(),
    disk: start.descriptor,
    lookUps: 0,
  };
  const watched = [...(start.watched ?? ['unsupported' as const])];
  let mode: 'normal' | 'restricted' | 'refuse' = 'refuse';
  const policy = (): CurrentPolicy => ({
    lookedUpAt: NOW,
    document: {
      ...{ format: 1, project: 'a'.repeat(64), vm: 'office', vmId: '6d1a1b9c-6a3e-4a57-9f3e-2d8f0f6c1a11', serial: 1 },
      policy: { format: 1, quarantine: world.quarantine } as CurrentPolicy['document']['policy'],
    },
  });
  const parts = {
    spec: { name: 'office', mode: 'installed' } as AccessParts['spec'],
    network: {
      state: () => ({ mode }) as ReturnType<AccessParts['network']['state']>,
      async switchTo(to) {
        if (world.filterFails && to !== 'refuse') throw new AppError('FILTER_FAILED', 'the filter does not answer');
        asked.push(`switch ${to}`);
        mode = to;
        return { mode, generation: 1, durationMs: 1 };
      },
      async changeLists() {
        asked.push('lists');
        return { mode, generation: 1, durationMs: 0 };
      },
    },
    policies: {
      current: async () => policy(),
      async lookUp() {
        world.lookUps += 1;
        if (world.serverFails) throw new AppError('STORE_UNREACHABLE', 'nobody answers');
        return policy();
      },
      async watch(signal) {
        const next = watched.shift();
        if (next === undefined) await once(signal, 'abort');
        return next ?? 'same';
      },
      now: async () => NOW,
    },
    descriptors: {
      read: async () => world.disk,
      async write(descriptor) {
        asked.push(`write ${descriptor}`);
        world.disk = descriptor;
      },
    },
    events: new EventLog(join(scratch(t), 'events.jsonl')),
  } satisfies AccessParts;
  const access = await Access.begin(parts, { policy: policy(), descriptor: start.descriptor });
  t.after(() => access[Symbol.asyncDispose]());
  asked.length = 0;
  const nqSet = (descriptor: string, dry = false) => access.answer({ v: 1, id: '1', cmd: 'nq-set', dry, descriptor });
  return { access, asked, world, nqSet, mode: () => mode };
}

test('nq-set: on disk first, then enforced, then answered', async (t) => {
  const { asked, nqSet, mode } = await machine(t, { descriptor: V1 });

  const answer = await nqSet(V2);

  assert.equal(answer.ok, true);
  assert.deepEqual(asked, [`write ${V2}`, 'lists', 'switch normal']);
  assert.equal(mode(), 'normal');
});

test('nq-set -n changes nothing', async (t) => {
  const { asked, nqSet, world } = await machine(t, { descriptor: V1 });

  assert.equal((await nqSet(V2, true)).ok, true);
  assert.equal((await nqSet(V3, true)).ok, false);

  assert.deepEqual(asked, []);
  assert.equal(world.disk, V1);
});

test('when the filter does not follow, the old descriptor is back on disk, nothing passes, and status says so', async (t) => {
  const { access, nqSet, world, mode } = await machine(t, { descriptor: V1 });
  world.filterFails = true;

  await assert.rejects(nqSet(V2), { code: 'FILTER_FAILED' });

  assert.equal(world.disk, V1);
  assert.equal(mode(), 'refuse');
  assert.equal(access.report().access, 'refused');
  world.filterFails = false;
  await access.lookUp();
  assert.equal(access.report().access, 'restricted', 'it mends itself with the next judgement');
  assert.equal(mode(), 'restricted');
});

test('tighter access is enforced before other lists, wider access after them', async (t) => {
  const { access, asked, world } = await machine(t, { descriptor: V2 });

  world.quarantine = threeVersions({ threshold: 'third' });
  await access.lookUp();
  assert.deepEqual(asked, ['switch restricted', 'lists']);

  asked.length = 0;
  world.quarantine = threeVersions({ threshold: 'first' });
  await access.lookUp();
  assert.deepEqual(asked, ['lists', 'switch normal']);
});

test('an unknown version is looked up before it is refused', async (t) => {
  const { nqSet, world } = await machine(t, { descriptor: V3 });
  const newer = '0x00000009';
  assert.equal((await nqSet(newer)).ok, false);

  world.quarantine = threeVersions({ versions: [...threeVersions().versions, { name: 'fourth', descriptor: newer }] });

  assert.equal((await nqSet(newer)).ok, true);
});

test('a policy server that does not answer takes nothing away, and is told once', async (t) => {
  const { access, world } = await machine(t, { descriptor: V3 });
  world.serverFails = true;

  await access.lookUp();
  await access.lookUp();

  assert.equal(access.report().access, 'normal');
});

test('two nq-set at once are judged one after the other', async (t) => {
  const { nqSet, world } = await machine(t, { descriptor: V1 });

  const answers = await Promise.all([nqSet(V2), nqSet(V3)]);

  assert.deepEqual(
    answers.map(({ ok }) => ok),
    [true, true],
  );
  assert.equal(world.disk, V3);
});

test('news are looked up at once; a server that has none to show is left alone for a while', async (t) => {
  const watched: Watched[] = ['same', 'changed', ...Array<Watched>(1000).fill('changed')];
  const { access, world } = await machine(t, { descriptor: V3, watched });

  while (world.lookUps === 0) await sleep(1);
  await access.lookUp();
  await sleep(20);

  assert.equal(world.lookUps, 2, 'one of its own, and ours');
});
