import assert from 'node:assert/strict';
import { cpSync, existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { uninstall } from '../../src/install/change/back/uninstall.ts';
import { sealableFiles } from '../../src/install/seals/sealable-files.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { computerPaths, generationPaths, instancePaths } from '../../src/install/state/layout.ts';
import { movedFrom } from '../../src/install/state/machine/place.ts';
import { readReported } from '../../src/install/state/machine/reported.ts';
import { subjectOf } from '../../src/install/state/machine/term.ts';
import { isSealSettled, readPolicy, settleSeal } from '../../src/install/state/policies.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code, computer } from '../fakes/made-computer.ts';
import {
  DESCRIPTOR,
  damageOf,
  installed,
  isEnvelope,
  MESSAGE,
  off,
  PLAIN,
  SEALED,
  write,
} from '../fakes/sealed-machine.ts';
import { change, copyOf } from '../fakes/stopped.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

/** The files of a state folder in which a text stands. */
function holding(state: string, text: string): string[] {
  const files = globSync(join(state, '**'), { withFileTypes: true }).filter((each) => each.isFile());
  return files.map((each) => join(each.parentPath, each.name)).filter((path) => readFileSync(path).includes(text));
}

test('fact 24: nothing of its configuration can be read from the state folder; without the policy the same search finds it', {
  skip,
}, async (t) => {
  const plain = await installed(t, PLAIN);
  assert.ok(holding(plain.state, MESSAGE).length >= 3);
  for (const policy of [
    SEALED,
    { encryption: { ...off, disks: true }, authentication: { type: 'password' as const, contents: [] } },
  ]) {
    const { state } = await installed(t, policy);
    const { file } = await openInstance(state, 'office');
    for (const text of [MESSAGE, file.mac, file.uuid, '"cpus"', DESCRIPTOR])
      assert.deepEqual(holding(state, text), [], text);
    assert.ok((await sealableFiles(state, 'office')).every(isEnvelope));
    assert.equal(await damageOf(state), undefined);
  }
});

/** What of a machine is missed by nobody when it is damaged, as it always was. */
const ASKED_ELSEWHERE = new Set(['place.json']);

test('SEAL_BROKEN: a changed byte in any file is refused, and what its remedy says is done, and works', {
  skip,
}, async (t) => {
  const { state, folder, install } = await installed(t, SEALED);
  const { data } = instancePaths(state, 'office');
  const files = await sealableFiles(state, 'office');
  const names = files.map((path) => path.slice(state.length + 1));
  assert.deepEqual(names.sort(), [
    'instances/office/generations/1/generation.json',
    'instances/office/generations/1/hardware.json',
    'instances/office/generations/1/quarantine.json',
    'instances/office/instance.json',
    'instances/office/place.json',
    'instances/office/policy.json',
    'instances/office/reports.json',
    'instances/office/term.json',
    'policies/office.json',
  ]);
  for (const path of files) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const whole = readFileSync(path);
    const { sealed, ...rest } = JSON.parse(whole.toString('utf8'));
    const bytes = Buffer.from(sealed, 'base64');
    for (const at of [0, 20, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(path, JSON.stringify({ ...rest, sealed: changed.toString('base64') }));
      if (!ASKED_ELSEWHERE.has(name)) assert.equal(await damageOf(state), 'SEAL_BROKEN', `${name} at ${at}`);
    }
    if (ASKED_ELSEWHERE.has(name)) assert.match((await moved(state)) ?? '', /cannot be told/);
    writeFileSync(path, whole);
    assert.equal(await damageOf(state), undefined, 'the file that was there is taken again');
  }
  for (const path of files.filter((each) => !each.endsWith('place.json'))) {
    writeFileSync(path, '{"format":1}');
    const before = readFileSync(data);
    assert.equal(await damageOf(state), 'SEAL_BROKEN', path);
    await install(folder);
    assert.equal(await damageOf(state), undefined, path);
    assert.ok((await sealableFiles(state, 'office')).every(isEnvelope));
    assert.deepEqual(readFileSync(data), before);
    await write(state);
  }
});

const moved = async (state: string) => movedFrom(subjectOf(await openInstance(state, 'office')));

test('a file of another machine, of another place, or in clear, is not taken for a sealed one', { skip }, async (t) => {
  const { project, state, install } = await installed(t, SEALED);
  await project.addVm('home');
  await project.setPolicy(SEALED, 'home');
  await install((await project.build('two')).folder, { replace: true });
  const [office, home] = [instancePaths(state, 'office'), instancePaths(state, 'home')];
  for (const path of [office.file, office.policy]) {
    const whole = readFileSync(path);
    for (const other of [path.replace('/office/', '/home/'), path === office.file ? office.policy : office.file]) {
      cpSync(other, path);
      assert.equal(await damageOf(state), 'SEAL_BROKEN', `${other} for ${path}`);
    }
    writeFileSync(path, whole);
  }
  const clear = await installed(t, PLAIN);
  cpSync(instancePaths(clear.state, 'office').policy, office.policy);
  assert.equal(await damageOf(state), 'SEAL_BROKEN');
  assert.ok(existsSync(home.file));
});

test('SEAL_KEY_LOST: on another computer, or without its key, it is refused; what its remedies say is done, and works', {
  skip,
}, async (t) => {
  const protect = { ...SEALED, copyProtection: { enabled: true } };
  const { state, folder, install } = await installed(t, protect);
  const { seal } = computerPaths(state);
  const key = join(seal, 'key');
  const whole = readFileSync(key);
  for (const spoil of [
    () => rmSync(key),
    () => writeFileSync(key, whole.subarray(1)),
    () => writeFileSync(key, Buffer.alloc(32, 7)),
  ]) {
    spoil();
    assert.equal(await damageOf(state), 'SEAL_KEY_LOST');
    writeFileSync(key, whole);
    assert.equal(await damageOf(state), undefined, 'a backup of it does');
  }
  // The state folder alone is what somebody carries to another computer.
  const other = computer(t, Date.now(), join(state, '..', 'elsewhere'));
  cpSync(state, other.state, { recursive: true, verbatimSymlinks: true });
  const { data } = instancePaths(other.state, 'office');
  const before = readFileSync(data);
  assert.equal(await damageOf(other.state), 'SEAL_KEY_LOST');
  assert.deepEqual(holding(other.state, MESSAGE), []);
  await other.install(folder);
  assert.equal(await damageOf(other.state), undefined);
  assert.deepEqual(readFileSync(data), before);
  assert.match(
    (await moved(other.state)) ?? '',
    /cannot be told/,
    'and a copy-protected one is still not where it was',
  );

  writeFileSync(key, whole.subarray(1));
  await install(folder);
  assert.equal(await damageOf(state), undefined);
  assert.deepEqual(readFileSync(`${key}.former`), whole.subarray(1), 'what was there is kept');
});

test('where it is gone to another folder of the same computer, it is moved, and moved back it runs', {
  skip,
}, async (t) => {
  const { state } = await installed(t, { ...SEALED, copyProtection: { enabled: true } });
  const other = join(state, '..', 'other');
  const pairs: [string, string][] = [
    [state, other],
    [computerPaths(state).seal, computerPaths(other).seal],
  ];
  for (const [from, to] of pairs) renameSync(from, to);
  assert.equal(await damageOf(other), undefined);
  assert.match((await moved(other)) ?? '', /was installed at/);
  for (const [from, to] of pairs) renameSync(to, from);
  assert.equal(await moved(state), undefined);
});

test('an update package seals it, and another one puts it back in clear', { skip }, async (t) => {
  const { state, update, project } = await installed(t, PLAIN);
  await assert.rejects(
    async () => {
      await project.setPolicy(SEALED);
      await project.build('policies', { kind: 'policy', force: false });
    },
    code('POLICY_NEEDS_MACHINE'),
    'fact 6: not by a package of policies alone',
  );
  const { data } = instancePaths(state, 'office');
  const before = readFileSync(data);
  await update(SEALED);
  await write(state);
  assert.ok((await sealableFiles(state, 'office')).every(isEnvelope));
  assert.deepEqual(holding(state, MESSAGE), []);
  assert.equal((await readReported(state, 'office', 2))?.descriptor, DESCRIPTOR);

  await update(PLAIN);
  assert.ok(!(await sealableFiles(state, 'office')).some(isEnvelope));
  assert.equal(await damageOf(state), undefined);
  assert.equal(await isSealSettled(state, 'office'), true);
  assert.deepEqual(readFileSync(data), before);
});

test('killed at any step, a package that seals it or puts it back leaves all readable, and the next start ends it', {
  skip,
}, async (t) => {
  for (const [from, to] of [
    [PLAIN, SEALED],
    [SEALED, PLAIN],
  ] as const) {
    const { project, state } = await installed(t, from);
    await project.setPolicy(to);
    const { folder } = await project.build('two', { kind: 'update' });
    const words = ['install', folder, project.fingerprint];
    const steps = await change(copyOf(t, state), '-', words);
    assert.ok(steps.some((step) => step.includes('sealed')));
    for (const step of steps.filter((each) => each.startsWith('office:')))
      await t.test(`${to === SEALED ? 'sealing' : 'unsealing'}, killed after “${step}”`, async (sub) => {
        const copy = copyOf(sub, state);
        await change(copy, step, words);
        assert.equal(await damageOf(copy), undefined);
        await settleSeal(copy, 'office');
        assert.equal(await damageOf(copy), undefined);
        const wants = (await readPolicy(copy, 'office')).document.policy.encryption?.configuration;
        const files = await sealableFiles(copy, 'office');
        assert.deepEqual(new Set(files.map(isEnvelope)), new Set([wants]));
      });
  }
});

test('uninstalled and installed again without the policy, nothing is demanded of it', { skip }, async (t) => {
  const { state, project, install } = await installed(t, SEALED);
  await uninstall(state, 'office');
  await project.setPolicy(PLAIN);
  await install((await project.build('two')).folder);
  assert.ok(!isEnvelope(instancePaths(state, 'office').policy));
  assert.equal(await damageOf(state), undefined);
  assert.ok(existsSync(generationPaths(state, 'office', 2).file));
});
