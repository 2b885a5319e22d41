import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { uninstall } from '../../src/install/change/back/uninstall.ts';
import { collect } from '../../src/install/change/generation/collect.ts';
import { closeEnvelope, sealKeyFrom } from '../../src/install/seals/envelope.ts';
import { readMark, writeMark } from '../../src/install/seals/mark.ts';
import { sealKey } from '../../src/install/seals/seal-key.ts';
import { sealableFiles } from '../../src/install/seals/sealable-files.ts';
import { revertTo, takeSnapshot } from '../../src/install/snapshots/snapshot.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths, generationPaths, instancePaths } from '../../src/install/state/layout.ts';
import { CONFIGURATION, readConfiguration } from '../../src/install/state/machine/configuration.ts';
import { forgetHardware, readHardware, writeHardware } from '../../src/install/state/machine/hardware.ts';
import { movedFrom } from '../../src/install/state/machine/place.ts';
import { readCounter, writeCounter } from '../../src/install/state/machine/reported.ts';
import { subjectOf } from '../../src/install/state/machine/term.ts';
import { isSealSettled, settleSeal } from '../../src/install/state/policies.ts';
import { Expiration } from '../../src/policy/expiration.ts';
import { computerIdentity } from '../../src/sys/computer-identity.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { damageOf, installed, isEnvelope, SEALED, write } from '../fakes/sealed-machine.ts';
import { copyOf } from '../fakes/stopped.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const moved = async (state: string) => movedFrom(subjectOf(await openInstance(state, 'office')));
const demandOf = (state: string) => join(computerPaths(state).demands, 'office.json');

/** Writes every file of the machine once more, each as it is. */
async function writeAgain(state: string): Promise<string[]> {
  const files = await sealableFiles(state, 'office');
  for (const path of files) await CONFIGURATION.write(path, (await readConfiguration(path)).toString('utf8'));
  return files;
}

test('an older copy of any file that is put back is refused, and what the remedies say is done, and works', {
  skip,
}, async (t) => {
  const { state, folder, install } = await installed(t, SEALED);
  const older = copyOf(t, state);
  const files = await writeAgain(state);
  const { data } = instancePaths(state, 'office');
  for (const path of files) {
    const last = readFileSync(path);
    const before = readFileSync(data);
    const putBack = () => cpSync(path.replace(state, older), path);
    putBack();
    if (path.endsWith('/place.json')) assert.match((await moved(state)) ?? '', /cannot be told/);
    else assert.equal(await damageOf(state), 'SEAL_BROKEN', path);
    writeFileSync(path, last);
    assert.equal(await damageOf(state), undefined, 'the one that was written last is taken again');
    if (path.endsWith('/place.json')) continue;
    putBack();
    await install(folder);
    assert.equal(await damageOf(state), undefined, `${path}, installed over`);
    assert.deepEqual(readFileSync(data), before);
    await write(state);
  }
});

test('an older state folder is refused alone, opens with its folder of seals, and installed over it gains no time', {
  skip,
}, async (t) => {
  const days = { ...SEALED, expiration: Expiration.parse({ type: 'days', days: 2 }) };
  const { state, folder, install } = await installed(t, days);
  const { file, current } = await openInstance(state, 'office');
  const older = copyOf(t, state);
  await writeHardware(state, 'office', current.generation, { memoryMiB: 64, cpus: 1 });
  const later = Date.now() + 9 * 86_400_000;
  await writeMark(state, file.vmId, later);
  rmSync(state, { recursive: true });
  cpSync(older, state, { recursive: true, verbatimSymlinks: true });
  assert.equal(await damageOf(state), 'SEAL_BROKEN');

  const both = copyOf(t, older);
  assert.equal(await damageOf(both), undefined, 'a backup has both folders');
  assert.equal((await readHardware(both, 'office', current.generation))?.cpus, 2);
  await write(both);
  assert.equal(await damageOf(both), undefined, 'and is gone on with');

  await install(folder);
  assert.equal(await damageOf(state), undefined);
  assert.equal(await readHardware(state, 'office', current.generation), undefined);
  assert.equal(await readMark(state, file.vmId), later);
});

test('a file that was removed is not taken when a copy of it is put back', { skip }, async (t) => {
  const { state } = await installed(t, SEALED);
  const { hardware } = generationPaths(state, 'office', 1);
  const copy = readFileSync(hardware);
  await forgetHardware(state, 'office', 1);
  assert.equal(await damageOf(state), undefined);
  writeFileSync(hardware, copy);
  assert.equal(await damageOf(state), 'SEAL_BROKEN');
});

test('a generation that is gone, with all its files, is not taken when it is put back', {
  skip,
}, async (t) => {
  const { state, update } = await installed(t, SEALED);
  const older = copyOf(t, state);
  await update(SEALED);
  await collect(state, new Map());
  assert.equal(await damageOf(state), undefined);
  const [from, to] = [generationPaths(older, 'office', 1).folder, generationPaths(state, 'office', 1).folder];
  assert.ok(!existsSync(to));
  cpSync(from, to, { recursive: true });
  rmSync(instancePaths(state, 'office').current);
  symlinkSync(join('generations', '1'), instancePaths(state, 'office').current);
  assert.equal(await damageOf(state), 'SEAL_BROKEN');
});

test('what Lazaret itself puts back is taken: a snapshot, and what is written after it', { skip }, async (t) => {
  const { state } = await installed(t, SEALED);
  await takeSnapshot(state, 'office', { name: 'one', now: 0 });
  await writeCounter(state, 'office', 9);
  await revertTo(state, 'office', 'one');
  await collect(state, new Map());
  assert.equal(await damageOf(state), undefined);
  await revertTo(state, 'office', 'one');
  assert.equal(await damageOf(state), undefined);
  assert.equal(await readCounter(state, 'office'), 9);
  assert.ok((await sealableFiles(state, 'office')).every(isEnvelope));
});

test('of a machine that was uninstalled no file is taken when it is installed again', { skip }, async (t) => {
  const { state, folder, install } = await installed(t, SEALED);
  for (const _time of [1, 2, 3]) await writeAgain(state);
  const former = copyOf(t, state);
  await uninstall(state, 'office');
  await install(folder);
  assert.equal(await damageOf(state), undefined);
  const { policy } = instancePaths(state, 'office');
  cpSync(policy.replace(state, former), policy);
  assert.equal(await damageOf(state), 'SEAL_BROKEN');
});

/** What writes as another process would, until it is killed after so many steps; whether it came to its end. */
async function killedAfter(state: string, steps: number): Promise<boolean> {
  const program = join(import.meta.dirname, '..', 'fakes', 'killed-write.ts');
  const child = spawn(process.execPath, [program, state, `${steps}`], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [status, signal] = await once(child, 'exit');
  assert.ok(status === 0 || signal === 'SIGKILL', `${status} ${signal}`);
  return status === 0;
}

test('killed at any step of writing or removing a file, the former or the new one opens, and what is written next', {
  skip,
}, async (t) => {
  const { state } = await installed(t, SEALED);
  const last = { ended: false, counters: new Set<number>() };
  for (let steps = 1; !last.ended; steps += 1)
    await t.test(`killed after ${steps} steps`, async (sub) => {
      const copy = copyOf(sub, state);
      last.ended = await killedAfter(copy, steps);
      assert.equal(await damageOf(copy), undefined);
      last.counters.add(await readCounter(copy, 'office'));
      assert.ok([undefined, 2, 4].includes((await readHardware(copy, 'office', 1))?.cpus));
      // The next process writes other files first, and then the same.
      await CONFIGURATION.write(join(computerPaths(copy).policies, 'office.json'), '{}');
      assert.equal(await damageOf(copy), undefined);
      const killed = copyOf(sub, copy);
      await write(copy);
      assert.equal(await damageOf(copy), undefined);
      const { reports } = instancePaths(copy, 'office');
      cpSync(reports.replace(copy, killed), reports);
      assert.equal(await damageOf(copy), 'SEAL_BROKEN', 'and no number was given twice');
    });
  assert.deepEqual([...last.counters], [3, 7, 8]);
});

test('who reads while files are written sees none of them broken', { skip }, async (t) => {
  const { state } = await installed(t, SEALED);
  const reads = { going: true, count: 0 };
  const reading = [1, 2].map(async () => {
    for (; reads.going; reads.count += 1) await readCounter(state, 'office');
  });
  for (let counter = 1; counter <= 40; counter += 1)
    await Promise.all([
      writeCounter(state, 'office', counter),
      writeHardware(state, 'office', 1, { memoryMiB: 64, cpus: 1 }),
    ]);
  reads.going = false;
  await Promise.all(reading);
  assert.ok(reads.count > 0);
  assert.equal(await readCounter(state, 'office'), 40);
  assert.equal(await damageOf(state), undefined);
});

test('what a Lazaret that knew no numbers has sealed opens, gets some at the next start, and has no older copy from then on', {
  skip,
}, async (t) => {
  const { state } = await installed(t, SEALED);
  const key = sealKeyFrom(await sealKey(state), await computerIdentity());
  const { folder } = instancePaths(state, 'office');
  for (const path of await sealableFiles(state, 'office')) {
    const name = path.startsWith(folder) ? path.slice(folder.length + 1) : 'looked up';
    writeFileSync(path, JSON.stringify(closeEnvelope(key, `office ${name}`, await readConfiguration(path))));
  }
  writeFileSync(demandOf(state), '{"format":1,"is":"whole"}\n');
  const before = copyOf(t, state);
  assert.equal(await damageOf(state), undefined);
  assert.equal(await isSealSettled(state, 'office'), false);

  const byWriting = copyOf(t, state);
  await writeCounter(byWriting, 'office', 4);
  assert.equal(await damageOf(byWriting), undefined, 'a file that is written is enough');
  await settleSeal(state, 'office');
  for (const each of [state, byWriting]) {
    assert.equal(await isSealSettled(each, 'office'), true);
    assert.equal(await damageOf(each), undefined);
    const { policy } = instancePaths(each, 'office');
    cpSync(policy.replace(each, before), policy);
    assert.equal(await damageOf(each), 'SEAL_BROKEN');
  }
});

test('where it cannot be told which files are the last, the machine is refused until it is installed over', {
  skip,
}, async (t) => {
  const { state, folder, install } = await installed(t, SEALED);
  for (const spoil of [(path: string) => writeFileSync(path, '{"format":1,'), (path: string) => rmSync(path)]) {
    spoil(demandOf(state));
    assert.equal(await damageOf(state), 'SEAL_BROKEN');
    await install(folder);
    assert.equal(await damageOf(state), undefined);
    assert.equal(await isSealSettled(state, 'office'), true);
    await write(state);
  }
});
