import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { foreseeInstall } from '../../src/install/change/foresee.ts';
import { collect } from '../../src/install/change/generation/collect.ts';
import { flatten, MAX_CHAIN } from '../../src/install/change/generation/flatten.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { instancePaths } from '../../src/install/state/layout.ts';
import { chainFiles } from '../../src/install/state/machine/chain.ts';
import { wantedPaths } from '../../src/install/state/wanted.ts';
import { AppError } from '../../src/lib/errors.ts';
import { PolicyStore } from '../../src/servers/policies.ts';
import { digestFile } from '../../src/sys/files/files.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { policyComputer } from '../fakes/policy-computer.ts';
import { threeVersions } from '../fakes/quarantine.ts';
import { fill, makeRoom, smallDisk } from '../fakes/small-disk.ts';
import { listing, requireBootable } from '../fakes/stopped.ts';

const skip =
  process.getuid?.() !== 0 ? 'only root may mount a small disk' : hasProgram('qemu-img') ? false : 'no qemu-img';
const MIB = 1 << 20;
const DISK_BYTES = 20 * MIB;
/** Room for one such disk and its package, and a little more. */
const SMALL_BYTES = 190 * MIB;

/** A computer whose state lies on a small disk. */
async function smallComputer(t: TestContext, bytes: number, like?: string) {
  const disk = await smallDisk(t, bytes);
  const state = join(disk, 'state');
  if (like !== undefined) cpSync(like, state, { recursive: true, verbatimSymlinks: true });
  return { disk, ...computer(t, Date.now(), state) };
}

test('what will not fit is refused before anything is written, with the need stated; so does the preview', {
  skip,
}, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), { diskBytes: DISK_BYTES });
  const { folder } = await project.build('one');
  const { install, state } = await smallComputer(t, 60 * MIB);
  const { fingerprint } = project;
  const options = { state, running: () => new Map(), now: Date.now(), signal: new AbortController().signal };

  const refused = await install(folder, { fingerprint }).catch((error: unknown) => error);
  const { bytes, problems } = await foreseeInstall({ source: folder, fingerprint }, options);

  assert.ok(refused instanceof AppError);
  assert.deepEqual([refused.code, refused.details['needBytes']], ['DISK_FULL', bytes.need]);
  assert.ok(bytes.need > 2 * DISK_BYTES && bytes.free < bytes.need);
  assert.deepEqual(
    problems.map((problem) => problem.code),
    ['DISK_FULL'],
  );
  assert.deepEqual(listing(state), []);
});

test('another writer fills the disk at any step: nothing is lost, and the second attempt ends what the first began', {
  skip,
}, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 64, diskBytes: DISK_BYTES });
  const one = await project.build('one');
  await project.changeDisk(0);
  const two = await project.build('two');
  const first = computer(t);
  await first.install(one.folder, { fingerprint: project.fingerprint });
  await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 7 1M 64k', instancePaths(first.state, 'office').data]);
  await collect(first.state, new Map());

  for (const [title, before, folder, generation] of [
    ['an installation', undefined, one.folder, 1],
    ['an update', first.state, two.folder, 2],
  ] as const) {
    const steps: string[] = [];
    const whole = await smallComputer(t, SMALL_BYTES, before);
    const how = { fingerprint: project.fingerprint, replace: true, keepOld: true };
    await whole.install(folder, { ...how, steps: (step) => void steps.push(step) });
    await collect(whole.state, new Map());
    const data = before && (await digestFile(instancePaths(before, 'office').data));
    const outcomes = new Map<string, string>();
    for (const step of steps) {
      await t.test(`${title}, after “${step.replace(/[0-9a-f]{64}/, '…')}”`, async (sub) => {
        const { disk, install, state } = await smallComputer(sub, SMALL_BYTES, before);
        const full = (now: string) => {
          if (now === step) fill(disk);
        };

        const outcome = await install(folder, { ...how, steps: full }).then(
          () => 'installed',
          (error: unknown) => (error instanceof AppError ? error.code : String(error)),
        );

        outcomes.set(step.replace(/ [0-9a-f]{64}/, ''), outcome);
        assert.ok(['installed', 'DISK_FULL'].includes(outcome), outcome);
        // The next start, with the disk as full as it was.
        await collect(state, new Map());
        const resumed = new Set([...(await wantedPaths(state))].map((path) => path.slice(state.length + 1)));
        makeRoom(disk);
        if (before) {
          const found = await requireBootable(state);
          assert.deepEqual(listing(state, resumed), listing(found === generation ? whole.state : before, resumed));
          assert.deepEqual(await digestFile(instancePaths(state, 'office').data), data);
        }
        if (outcome !== 'installed') await install(folder, how);
        await collect(state, new Map());
        assert.deepEqual(listing(state), listing(whole.state));
        assert.equal(await requireBootable(state), generation);
      });
    }
    assert.equal(outcomes.get('blob'), 'DISK_FULL', 'no room to rebuild the layer');
    assert.equal(outcomes.get('origin'), 'DISK_FULL', 'no room for what is fetched');
    assert.equal(outcomes.get('office: data disk'), 'DISK_FULL', 'no room for the overlay');
  }
});

test('flattening that finds no room waits; one whose room goes meanwhile is given up; the machine keeps its chain', {
  skip,
}, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), { diskBytes: DISK_BYTES });
  const { install, state: long } = computer(t);
  await install((await project.build('p0')).folder, { fingerprint: project.fingerprint });
  for (let number = 1; number <= MAX_CHAIN; number += 1) {
    await project.changeDisk(number << 16);
    await install((await project.build(`p${number}`, { kind: 'update' })).folder, { replace: true });
  }
  await collect(long, new Map());
  const { disk, state } = await smallComputer(t, 100 * MIB, long);
  const instance = await openInstance(state, 'office');
  const chain = () => chainFiles(state, instance.current.machine.layers);

  for (const step of ['room', 'converted']) {
    const full = (now: string) => {
      if (now === step) fill(disk);
    };
    const flattened = flatten(instance, undefined, full);
    if (step === 'room') {
      await assert.rejects(flattened, code('DISK_FULL'));
      assert.equal(await flatten(instance), false, 'it is full now');
      assert.deepEqual(listing(state), listing(long));
      assert.equal((await chain()).length, MAX_CHAIN + 1);
      assert.equal(await requireBootable(state), MAX_CHAIN + 1);
    } else {
      assert.equal(await flattened, true, 'all of it is written by then');
      assert.equal((await chain()).length, 1);
    }
    makeRoom(disk);
  }
});

test('a policy that was verified is in force although it cannot be kept, and is kept once there is room', {
  skip,
}, async (t) => {
  const { project, state: whole, published, owner: ownerAt } = await policyComputer(t);
  await project.setQuarantine(threeVersions({ threshold: 'third' }));
  await project.deploy();
  const owner = ownerAt(String(pathToFileURL(published)));
  const disk = await smallDisk(t, 8 * MIB);
  const state = join(disk, 'state');
  cpSync(whole, state, { recursive: true });
  const folders = { trust: join(state, 'trust'), cache: join(state, 'policies'), spare: join(scratch(t), 'trust') };
  const untold: string[] = [];
  const store = new PolicyStore(folders, {
    onUnsaved: (vm, error) => void untold.push(`${vm} ${error.code}`),
  });
  fill(disk);

  const found = await store.lookUp(owner, Date.now());

  assert.equal(found.document.serial, 1);
  assert.deepEqual((await store.current(owner)).document, found.document);
  assert.deepEqual(untold, ['office DISK_FULL']);
  assert.deepEqual(listing(state), listing(whole), 'nothing half done on the disk');
  await project.deploy();
  assert.equal((await store.lookUp(owner, Date.now())).document.serial, 2, 'the next one too');

  makeRoom(disk);
  await store.lookUp(owner, Date.now());
  const { spare: _spare, ...ofTheNext } = folders;
  assert.equal((await new PolicyStore(ofTheNext).current(owner)).document.serial, 2);
});
