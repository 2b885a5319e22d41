import assert from 'node:assert/strict';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Snapshots } from '../../src/daemon/machines/snapshots.ts';
import { installedSpec } from '../../src/daemon/machines/spec.ts';
import { collect } from '../../src/install/change/generation/collect.ts';
import { openByPassword } from '../../src/install/opening/password.ts';
import { writeDisks } from '../../src/install/opening/write-disks.ts';
import { removeSnapshot, revertTo, takeSnapshot } from '../../src/install/snapshots/snapshot.ts';
import { mergeRemoved } from '../../src/install/snapshots/snapshot-settle.ts';
import { finishSnapshotWork } from '../../src/install/snapshots/snapshot-work.ts';
import { readSnapshots } from '../../src/install/snapshots/snapshots.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { generationPaths, instancePaths } from '../../src/install/state/layout.ts';
import { readReported, writeReported } from '../../src/install/state/machine/reported.ts';
import { rightsOf } from '../../src/policy/reading/rights.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { chainName, KEY_OBJECT } from '../../src/sys/programs/qemu-img.ts';
import { withSecretPipe } from '../../src/sys/programs/secret-pipe.ts';
import { isLocked } from '../../src/sys/secrets/locked-blocks.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';
import { threeVersions, V1, V2 } from '../fakes/quarantine.ts';
import { serviceParts } from '../fakes/service-parts.ts';
import { change, copyOf, listing } from '../fakes/stopped.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const PASSWORD = 'correct horse';
const TEXT = 'what the guest wrote, and nobody else is to read ';
const SNAPSHOTS = { snapshots: { enabled: true, most: 3 } };
const none = { disks: false, configuration: false, recovery: false };
const LOCKED = {
  ...SNAPSHOTS,
  authentication: { type: 'password' as const, contents: [] },
  encryption: { ...none, disks: true },
};
const PLAIN = { ...SNAPSHOTS, authentication: { type: 'none' as const }, encryption: none };

/** A computer with a machine whose disks are encrypted, and its key. */
async function installed(t: TestContext) {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 64 });
  await project.setPolicy(LOCKED);
  await project.setQuarantine(threeVersions());
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  return { project, install, state };
}

/** As the service does it at each start; gives the key. */
async function open(state: string): Promise<string> {
  const given = { password: PASSWORD, newPassword: PASSWORD };
  const opened = await openByPassword(state, 'office', given, Date.now());
  await writeDisks(await openInstance(state, 'office'), opened);
  return opened.diskKey ?? assert.fail('no key');
}

async function disks(state: string, isEncrypted: boolean): Promise<string[][]> {
  const instance = await openInstance(state, 'office');
  const which = { generation: instance.current.generation, isLocked: isEncrypted };
  const { files } = await installedSpec(state, instance, '/nowhere', which);
  return [
    [...files.layers, files.overlay],
    [...(files.dataLayers ?? []), files.data ?? ''],
  ];
}

async function qemuIo(files: readonly string[], diskKey: string, ...words: string[]): Promise<string> {
  const name = chainName(files, true);
  const [program = '', ...args] = withSecretPipe(['qemu-io', '--object', KEY_OBJECT, ...words, name]);
  return (await run(program, args, { input: diskKey })).stdout;
}

/** The guest writes a text with a number to both disks, and is at a version that follows from it. */
async function write(state: string, diskKey: string, number: number): Promise<void> {
  const text = join(state, '..', 'text');
  writeFileSync(text, `${TEXT}${number}`.padEnd(512, '.'));
  for (const files of await disks(state, true)) await qemuIo(files, diskKey, '-c', `write -s ${text} 4096 512`);
  await writeReported(state, 'office', 1, { descriptor: number % 2 === 1 ? V1 : V2, origin: 'guest' });
}

/** What the guest sees: the number on both disks, and the version; all of the same moment. */
async function seen(state: string, diskKey: string): Promise<string> {
  const numbers: string[] = [];
  for (const files of await disks(state, true)) {
    const said = await qemuIo(files, diskKey, '-r', '-c', `read -v ${4096 + TEXT.length} 1`);
    numbers.push(String.fromCharCode(Number.parseInt(/^[0-9a-f]{8}: {2}(..)/m.exec(said)?.[1] ?? '', 16)));
  }
  const { generation } = (await openInstance(state, 'office')).current;
  return `${numbers.join(' ')} ${(await readReported(state, 'office', generation))?.descriptor}`;
}

/** The files of a machine in which what its guest wrote can be read. */
function holding(state: string): string[] {
  const files = globSync(join(state, '**'), { withFileTypes: true }).filter((each) => each.isFile());
  return files.map((each) => join(each.parentPath, each.name)).filter((path) => readFileSync(path).includes(TEXT));
}

const take = (state: string, name: string, now = Date.now()) => takeSnapshot(state, 'office', { name, now });
const names = async (state: string) => (await readSnapshots(state, 'office')).map(({ name }) => name);

test('snapshots of an encrypted machine are taken and gone back to without its secret, and nothing of them can be read', {
  skip,
}, async (t) => {
  const { state } = await installed(t);
  const key = await open(state);
  await write(state, key, 1);
  await take(state, 'first', 1);
  // One after the other, without an opening in between.
  await take(state, 'again', 2);
  await write(state, await open(state), 2);
  await take(state, 'second', 3);
  await write(state, key, 4);

  await revertTo(state, 'office', 'first');
  assert.equal(await seen(state, await open(state)), `1 1 ${V1}`);
  await write(state, key, 5);
  await revertTo(state, 'office', 'second');
  assert.equal(await seen(state, await open(state)), `2 2 ${V2}`);
  await revertTo(state, 'office', 'again');
  await revertTo(state, 'office', 'first');
  assert.equal(await seen(state, await open(state)), `1 1 ${V1}`);
  assert.deepEqual(holding(state), []);
  for (const path of globSync(join(state, 'instances/office/**/*.{qcow2,luks}'))) assert.ok(isLocked(path), path);
});

test('what a removed snapshot took up is given back by the next opening, which alone has the key', {
  skip,
}, async (t) => {
  const { state } = await installed(t);
  const key = await open(state);
  await write(state, key, 1);
  await take(state, 'first', 1);
  await write(state, key, 2);
  const count = async () => (await disks(state, true)).flat().length;
  const before = await count();
  await removeSnapshot(state, 'office', 'first');
  await mergeRemoved(state, 'office');
  assert.equal(await count(), before);
  assert.equal(await seen(state, key), `2 2 ${V2}`);

  const { snapshots } = service(state);
  await snapshots.mergeOpened(await openInstance(state, 'office'), { diskKey: key });

  assert.equal(await count(), before - 2);
  assert.equal(await seen(state, key), `2 2 ${V2}`);
  assert.deepEqual(
    listing(state).filter((path) => path.includes('snapshots/')),
    [],
  );
  assert.deepEqual(holding(state), []);
});

for (const [title, words, before] of [
  ['taken', ['snapshot', 'office', 'new'], 2],
  ['gone back to', ['revert', 'office', 'a'], 2],
  ['merged', ['merge', 'office', 'b'], 2],
] as const)
  test(`killed at any step while one of an encrypted machine is ${title}, it has its former state or its new one`, {
    skip,
  }, async (t) => {
    const { state } = await installed(t);
    const key = await open(state);
    await write(state, key, 1);
    await take(state, 'a', 1);
    await write(state, key, 4);
    await take(state, 'b', 2);
    await write(state, key, before);
    const withKey = title === 'merged' ? [...words, key] : words;
    const whole = copyOf(t, state);
    const steps = await change(whole, '-', withKey);
    assert.ok(steps.length > 2);
    const [after, namesAfter] = [await seen(whole, key), await names(whole)];
    for (const step of steps)
      await t.test(`killed after “${step}”`, async (sub) => {
        const copy = copyOf(sub, state);
        await change(copy, step, withKey);
        await finishSnapshotWork(copy, 'office');
        const [now, found] = [await seen(copy, key), await names(copy)];
        const isFormer = now === `2 2 ${V2}` && found.length === 2;
        assert.ok(isFormer || (now === after && found.join() === namesAfter.join()), `${now}, ${found}`);
        await revertTo(copy, 'office', 'a');
        assert.equal(await seen(copy, key), `1 1 ${V1}`);
        await mergeRemoved(copy, 'office', { diskKey: key });
        assert.equal(await seen(copy, key), `1 1 ${V1}`);
        assert.deepEqual(
          listing(copy).filter((path) => /snapshot-work|next-|\.tmp/.test(path)),
          [],
        );
        assert.deepEqual(holding(copy), []);
      });
  });

test('SNAPSHOT_UNWRITTEN: none is taken of disks that the next start writes; after that it is', { skip }, async (t) => {
  const { project, install, state } = await installed(t);
  await assert.rejects(take(state, 'early'), code('SNAPSHOT_UNWRITTEN'), 'it was never opened');
  const key = await open(state);
  await take(state, 'first', 1);
  await project.changeDisk(0);
  await install((await project.build('two')).folder, { replace: true });
  await assert.rejects(take(state, 'waiting'), code('SNAPSHOT_UNWRITTEN'), 'its update waits for its opening');
  await open(state);
  await take(state, 'second', 2);
  rmSync(generationPaths(state, 'office', 2).emptyOverlay);
  await assert.rejects(take(state, 'third'), code('SNAPSHOT_UNWRITTEN'), 'what is put on its disks is gone');
  writeFileSync(instancePaths(state, 'office').emptyData, 'damaged');
  await open(state);
  await take(state, 'third', 3);

  await revertTo(state, 'office', 'first');
  assert.equal((await openInstance(state, 'office')).current.generation, 1);
  await write(state, await open(state), 3);
  assert.equal(await seen(state, key), `3 3 ${V1}`);
});

test('SNAPSHOT_ENCRYPTED: an update that would bring its disks back in clear is refused while it has snapshots', {
  skip,
}, async (t) => {
  const { project, install, state } = await installed(t);
  const key = await open(state);
  await write(state, key, 1);
  await take(state, 'november');
  await project.setPolicy(PLAIN);
  const { folder } = await project.build('two');

  await assert.rejects(install(folder, { replace: true }), code('SNAPSHOT_ENCRYPTED'));
  assert.equal(await seen(state, key), `1 1 ${V1}`, 'nothing was changed');

  await removeSnapshot(state, 'office', 'november');
  await mergeRemoved(state, 'office', { diskKey: await open(state) });
  await install(folder, { replace: true });
  const opened = await openByPassword(state, 'office', { password: PASSWORD }, Date.now());
  await writeDisks(await openInstance(state, 'office'), opened);
  await collect(state, new Map());
  assert.equal(holding(state).length, 1, 'its data disk');
  assert.deepEqual(
    listing(state).filter((path) => path.endsWith('.luks')),
    [],
  );
});

function service(state: string) {
  const parts = serviceParts(state);
  const snapshots = new Snapshots({
    ...{ state, ...parts, now: async () => Date.now() },
    rights: async ({ current }) => rightsOf(current.machine.policy.policy),
    runs: { ifRunning: () => undefined, goOn: async () => undefined },
  });
  return { snapshots };
}
