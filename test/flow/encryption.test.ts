import assert from 'node:assert/strict';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Decrypter } from 'age-encryption';
import { reimage } from '../../src/install/change/back/reimage.ts';
import { collect } from '../../src/install/change/generation/collect.ts';
import { changePassword, openByPassword, type Secrets } from '../../src/install/opening/password.ts';
import { writeDisks } from '../../src/install/opening/write-disks.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { generationPaths, instancePaths } from '../../src/install/state/layout.ts';
import { chainIn, commonLayers, lockedLayers } from '../../src/install/state/machine/chain.ts';
import { examine } from '../../src/install/state/machine/damage.ts';
import { AppError } from '../../src/lib/errors.ts';
import { findUefiFirmware } from '../../src/sys/files/uefi-firmware.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { withSecretPipe } from '../../src/sys/programs/secret-pipe.ts';
import { LockedFile } from '../../src/sys/secrets/locked-blocks.ts';
import { clearState, tpmKey } from '../../src/sys/secrets/tpm-form.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const NOW = Date.parse('2026-01-10T12:00:00Z');
const PLAIN = {
  authentication: { type: 'none' as const },
  encryption: { disks: false, configuration: false, recovery: false },
};
const LOCKED = {
  authentication: { type: 'password' as const, contents: [] },
  encryption: { disks: true, configuration: false, recovery: false },
};
const [FIRST, SECOND] = ['correct horse', 'battery staple'];
const WRITTEN = 'what the guest wrote to its disk, and nobody else is to read';

type Project = Awaited<ReturnType<typeof madeProject>>;

async function installed(
  t: TestContext,
  policy: Parameters<Project['setPolicy']>[0],
  hardware: { firmware?: 'uefi'; tpm?: true } = {},
) {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 8, ...hardware });
  await project.setPolicy(policy);
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  /** As the service does it at each start. */
  const open = async (given: Secrets) => {
    const opened = await openByPassword(state, 'office', given, NOW);
    await writeDisks(await openInstance(state, 'office'), opened);
    await collect(state, new Map());
    return opened;
  };
  const update = async (name: string, policyChange: Parameters<Project['setPolicy']>[0] = {}) => {
    await project.setPolicy(policyChange);
    await project.changeDisk(0);
    return install((await project.build(name, { kind: 'update' })).folder, { replace: true });
  };
  return { project, install, update, state, open };
}

/** The paths of all files of a computer in which a text or these bytes stand. */
function holding(state: string, wanted: string | Buffer): string[] {
  const files = globSync(join(state, '**'), { withFileTypes: true }).filter((each) => each.isFile());
  return files.map((each) => join(each.parentPath, each.name)).filter((path) => readFileSync(path).includes(wanted));
}

/** Some of what is on the machine’s disk as its administrator made it. */
function noiseOf(project: string): Buffer {
  const files = globSync(join(project, '**', '*.qcow2')).map((path) => readFileSync(path));
  const layer = files.find(({ length }) => length > 1 << 20) ?? assert.fail('no layer');
  return layer.subarray(layer.length - 64 - 4096, layer.length - 4096);
}

const codeOf = (error: unknown) => (error instanceof AppError ? error.code : undefined);
const messageOf = (error: unknown) => (error instanceof AppError ? error.message : '');

/** How QEMU opens a chain, encrypted or in clear. */
const named = (files: readonly string[], isLocked: boolean) =>
  files.reduce<object | null>((backing, filename) => {
    const file = { driver: 'file', filename };
    return { driver: 'qcow2', backing, file: isLocked ? { driver: 'luks', 'key-secret': 'k', file } : file };
  }, null);

/** Has QEMU itself read or write, as a machine’s guest would. */
async function qemuIo(files: readonly string[], command: string, diskKey?: string): Promise<string> {
  const image = `json:${JSON.stringify(named(files, diskKey !== undefined))}`;
  const object = diskKey === undefined ? [] : ['--object', 'secret,id=k,file=/dev/stdin'];
  const words = ['qemu-io', ...object, '-c', command, image];
  const [program = '', ...args] = diskKey === undefined ? words : withSecretPipe(words);
  return (await run(program, args, diskKey === undefined ? {} : { input: diskKey })).stdout;
}

/** The guest writes to its system disk and to its data disk. */
async function guestWrites(state: string, diskKey?: string): Promise<void> {
  const { current } = await openInstance(state, 'office');
  const { overlay } = generationPaths(state, 'office', current.generation);
  const text = join(state, '..', 'text');
  writeFileSync(text, WRITTEN.padEnd(512, '.'));
  const write = `write -s ${text} 4096 512`;
  await qemuIo([overlay], write, diskKey);
  await qemuIo([instancePaths(state, 'office').data], write, diskKey);
}

async function dataReads(state: string, diskKey?: string): Promise<boolean> {
  const said = await qemuIo([instancePaths(state, 'office').data], 'read -v 4096 512', diskKey);
  return said.includes(Buffer.from(WRITTEN.slice(0, 16)).toString('hex').replace(/(..)/g, '$1 ').trim());
}

test('facts 22 to 25: the first opening encrypts all disks, with another key on each computer', { skip }, async (t) => {
  const one = await installed(t, LOCKED);
  const { state, open } = one;
  const noise = noiseOf(one.project.folder);
  assert.equal((await examine(state, 'office'))?.damage, undefined, 'it waits for its user, and nothing is wrong');

  await assert.rejects(open({}), code('PASSWORD_UNSET'));
  assert.equal(new Set(noise).size > 16, true);
  const { diskKey = '' } = await open({ newPassword: FIRST });

  await guestWrites(state, diskKey);
  assert.ok(await dataReads(state, diskKey));
  assert.deepEqual(holding(state, WRITTEN), []);
  assert.equal(noise.length, 64);
  assert.deepEqual(holding(state, noise), [], 'no layer is in clear');
  assert.deepEqual(holding(state, diskKey), []);
  assert.deepEqual(holding(state, Buffer.from(diskKey, 'hex')), []);
  assert.deepEqual(holding(state, FIRST), []);
  const { current } = await openInstance(state, 'office');
  const layers = await chainIn(lockedLayers(state, 'office'), current.machine.layers);
  await qemuIo(layers, 'read 0 1M', diskKey);

  const { install, state: other } = computer(t);
  await install((await one.project.build('two')).folder, { fingerprint: one.project.fingerprint });
  const opened = await openByPassword(other, 'office', { newPassword: FIRST }, NOW);
  assert.notEqual(opened.diskKey, diskKey);
});

test('the same search finds what was written with encryption off', { skip }, async (t) => {
  const { state, open } = await installed(t, PLAIN);
  await open({});
  await guestWrites(state);
  assert.equal(holding(state, WRITTEN).length, 2);
});

test('a password opens the disks, a wrong one does not; a change of it touches none', { skip }, async (t) => {
  const { state, open } = await installed(t, LOCKED);
  const { diskKey } = await open({ newPassword: FIRST });
  const { data, userKey } = instancePaths(state, 'office');
  const before = readFileSync(data);

  await assert.rejects(open({ password: 'wrong' }), code('PASSWORD_WRONG'));
  assert.equal((await open({ password: FIRST })).diskKey, diskKey);
  await changePassword(state, 'office', { password: FIRST, newPassword: SECOND }, NOW);

  await assert.rejects(open({ password: FIRST }), code('PASSWORD_WRONG'));
  assert.equal((await open({ password: SECOND })).diskKey, diskKey);
  assert.ok(readFileSync(data).equals(before));
  assert.match(readFileSync(userKey, 'latin1'), /^age-encryption\.org\/v1\n-> scrypt \S{22} 1[5-8]\n/);
});

test('facts 6 and 7: a plain machine is encrypted by a package that has it, with its data disk, and back', {
  skip,
}, async (t) => {
  const { state, open, update, project, install } = await installed(t, PLAIN);
  await open({});
  await guestWrites(state);
  await project.setPolicy(LOCKED);
  const policies = (await project.build('policies', { kind: 'policy' })).folder;
  await assert.rejects(install(policies), code('POLICY_NEEDS_MACHINE'));

  const report = await update('two', LOCKED);
  assert.equal(report.machines[0]?.afterStop, true, 'it says that it waits for the next start');
  const { diskKey = '' } = await open({ newPassword: FIRST });
  assert.deepEqual(holding(state, WRITTEN), []);
  assert.ok(await dataReads(state, diskKey), 'the data disk has kept what was on it');

  // Locked, it is updated all the same.
  await update('three');
  await open({ password: FIRST });
  await guestWrites(state, diskKey);
  const { current } = await openInstance(state, 'office');
  await qemuIo(await chainIn(lockedLayers(state, 'office'), current.machine.layers), 'read 0 1M', diskKey);
  assert.deepEqual(holding(state, WRITTEN), []);

  await update('four', PLAIN);
  await assert.rejects(open({}), code('PASSWORD_NEEDED'), 'its disks are encrypted still');
  await open({ password: FIRST });
  assert.ok(await dataReads(state));
  assert.equal(existsSync(instancePaths(state, 'office').keys), false);
  const now = await openInstance(state, 'office');
  await qemuIo(await chainIn(commonLayers(state), now.current.machine.layers), 'read 0 1M');
  await open({});
});

test('a machine that is put back to how it was installed keeps its password, and has an empty disk', {
  skip,
}, async (t) => {
  const { state, open } = await installed(t, LOCKED);
  const { diskKey = '' } = await open({ newPassword: FIRST });
  await changePassword(state, 'office', { password: FIRST, newPassword: SECOND }, NOW);
  await guestWrites(state, diskKey);

  await reimage(state, 'office', { dataDisk: true });
  assert.equal((await examine(state, 'office'))?.damage, undefined);
  await assert.rejects(open({ password: FIRST }), code('PASSWORD_WRONG'));
  await open({ password: SECOND });
  assert.equal(await dataReads(state, diskKey), false);
});

test('KEY_DAMAGED: a damaged key, or the head of a disk, opens nothing; a backup of it does', { skip }, async (t) => {
  const { state, open } = await installed(t, LOCKED);
  await open({ newPassword: FIRST });
  const { userKey, data } = instancePaths(state, 'office');
  const damage: [path: string, broken: (whole: Buffer) => Buffer][] = [
    [userKey, (whole) => whole.subarray(0, 20)],
    [userKey, (whole) => Buffer.concat([whole.subarray(0, -1), Buffer.from([(whole.at(-1) ?? 0) ^ 1])])],
    [userKey, (whole) => Buffer.from(whole.toString('latin1').replace('scrypt', 'SCRYPT'), 'latin1')],
    [data, (whole) => whole.subarray(0, 1000)],
    [data, (whole) => Buffer.from(whole).fill(0, 104, 112)],
    [data, (whole) => Buffer.from(whole).fill(7, 100_000, 100_512)],
  ];
  for (const [path, broken] of damage) {
    const whole = readFileSync(path);
    writeFileSync(path, broken(whole));
    await assert.rejects(
      open({ password: FIRST }),
      (error) => code('KEY_DAMAGED').code === codeOf(error) && messageOf(error).includes(path),
    );
    writeFileSync(path, whole);
    await open({ password: FIRST });
  }
  rmSync(userKey);
  await assert.rejects(open({ password: FIRST }), code('KEY_DAMAGED'), 'and nobody chooses another password for it');
  await assert.rejects(open({ newPassword: SECOND }), code('KEY_DAMAGED'));
});

test('the firmware’s settings and the state of its TPM are encrypted with the disks', {
  skip: (await findUefiFirmware()) ? skip : 'no firmware is installed',
}, async (t) => {
  const { state, open } = await installed(t, LOCKED, { firmware: 'uefi', tpm: true });
  const { variables, tpm } = generationPaths(state, 'office', 1);
  // As a start before its policy asked for encryption leaves it.
  mkdirSync(tpm);
  const clear = Buffer.from('0201000a00000000001400010000000401020304', 'hex');
  writeFileSync(join(tpm, 'tpm2-00.permall'), clear);
  const { diskKey = '' } = await open({ newPassword: FIRST });
  const locked = readFileSync(join(tpm, 'tpm2-00.permall'));
  assert.deepEqual(clearState(locked, tpmKey(diskKey)), clear);
  const { template } = (await findUefiFirmware()) ?? assert.fail('no firmware');
  using file = new LockedFile(variables, 'read', diskKey);
  const bytes = Buffer.alloc(file.size);
  file.read(bytes, 0);
  assert.ok(bytes.equals(readFileSync(template)));
  assert.equal(readFileSync(variables).includes(bytes.subarray(0, 64)), false);
});

test('the key is opened by what opens any age file of a passphrase, and a disk by cryptsetup', { skip }, async (t) => {
  const { state, open } = await installed(t, LOCKED);
  const { diskKey = '' } = await open({ newPassword: FIRST });
  const { data, userKey } = instancePaths(state, 'office');
  const age = new Decrypter();
  age.addPassphrase(FIRST);
  assert.equal(await age.decrypt(readFileSync(userKey), 'text'), diskKey);
  const test = ['open', '--test-passphrase', '--type', 'luks1', '--key-file', '-', data];
  await run('cryptsetup', test, { input: diskKey });
  await assert.rejects(run('cryptsetup', test, { input: `${diskKey.slice(0, -1)}x` }), code('PROGRAM_FAILED'));
});
