import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { scratch } from '../../test/fakes/made-project.ts';
import { threeVersions } from '../../test/fakes/quarantine.ts';
import { requireRoom } from '../manager/make-whole.ts';
import { takeLock } from '../sys/files/lock.ts';
import { hasProgram, run } from '../sys/programs/exec.ts';
import { projectPaths, vmPaths } from './layout.ts';
import { addVm, removeVm, writeNewProject } from './make.ts';
import { openProject, readProject, vmNamed } from './open.ts';
import { savePolicy, withProject } from './save.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const code = (wanted: string) => ({ name: 'AppError', code: wanted });
const HARDWARE = { memoryMiB: 64, cpus: 1, firmware: 'bios' as const };

async function emptyProject(t: TestContext): Promise<string> {
  const folder = scratch(t);
  await writeNewProject(folder, { format: 1, name: 'Acme', fingerprint: 'a'.repeat(64) });
  return folder;
}

async function withOffice(t: TestContext): Promise<string> {
  const folder = await emptyProject(t);
  const disk = join(scratch(t), 'disk.raw');
  writeFileSync(disk, Buffer.alloc(1 << 20, 7));
  await addVm(await openProject(folder), { name: 'office', hardware: HARDWARE, disk, diskFormat: 'raw' });
  return folder;
}

test('a machine is added from a disk of any format, and removed again', { skip }, async (t) => {
  const folder = await withOffice(t);
  const project = await openProject(folder);
  for (const format of ['vmdk', 'vdi', 'vhdx', 'qcow2']) {
    const disk = join(scratch(t), `disk.${format}`);
    await run('qemu-img', ['convert', '-f', 'qcow2', '-O', format, vmPaths(folder, 'office').work, disk]);
    await addVm(project, { name: `from-${format}`, hardware: HARDWARE, disk });
  }

  assert.equal((await openProject(folder)).vms.length, 5);
  await removeVm(project, 'from-vdi');

  assert.equal(existsSync(vmPaths(folder, 'from-vdi').folder), false);
});

test('a disk that is none is refused, and nothing is left of the machine', { skip }, async (t) => {
  const folder = await withOffice(t);
  const project = await openProject(folder);
  const place = scratch(t);
  const secret = join(place, 'secret.raw');
  writeFileSync(secret, Buffer.alloc(4096, 1));
  const text = join(place, 'text');
  writeFileSync(text, 'no disk at all');
  const overlay = join(place, 'overlay.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', secret, '-F', 'raw', overlay]);
  const cut = join(place, 'cut.vmdk');
  writeFileSync(cut, 'KDMV');

  for (const [disk, wanted] of [
    [text, 'DISK_UNKNOWN'],
    [overlay, 'DISK_INVALID'],
    [cut, 'DISK_CUT'],
    [place, 'DISK_INVALID'],
    [join(place, 'none'), 'FILE_MISSING'],
  ] as const)
    await assert.rejects(addVm(project, { name: 'bad', hardware: HARDWARE, disk }), code(wanted), disk);

  assert.deepEqual(readdirSync(projectPaths(folder).vms), ['office']);
});

test('names that are none, and names that are taken, are refused', { skip }, async (t) => {
  const folder = await withOffice(t);
  const project = await openProject(folder);
  const disk = vmPaths(folder, 'office').work;

  for (const name of ['..', 'a/b', 'Office', '']) {
    await assert.rejects(addVm(project, { name, hardware: HARDWARE, disk }), code('VM_NAME'), name);
  }
  await assert.rejects(addVm(project, { name: 'office', hardware: HARDWARE, disk }), code('VM_EXISTS'));
  await assert.rejects(
    addVm(project, { name: 'boot', hardware: HARDWARE, disk, boot: { kernel: disk } }),
    code('USAGE'),
  );
  assert.throws(() => vmNamed(project, 'other'), code('VM_UNKNOWN'));
});

test('all that is wrong is said at once, with file and path', { skip }, async (t) => {
  const folder = await withOffice(t);
  const paths = vmPaths(folder, 'office');
  appendFileSync(projectPaths(folder).file, 'colour: red\n');
  appendFileSync(paths.file, 'memoryMiB: 5\n');
  writeFileSync(paths.policy, 'format: 1\nquarantine:\n  type: version-based\n  threshold: none such\n');
  writeFileSync(paths.state, '{"format": 2}');
  mkdirSync(join(projectPaths(folder).vms, 'Bad Name'));

  const { problems } = await readProject(folder);

  assert.deepEqual(
    problems.map(({ file }) => file),
    ['lazaret.yaml', 'vms/Bad Name', 'vms/office/vm.yaml', 'vms/office/policy.yaml', 'vms/office/state.json'],
  );
  assert.match(problems[0]?.message ?? '', /colour/);
  assert.match(problems[2]?.message ?? '', /unique/i);
  assert.deepEqual(problems[3]?.path, ['quarantine', 'threshold']);
  await assert.rejects(openProject(folder), code('PROJECT_INVALID'));
});

const YAML: [title: string, text: string][] = [
  ['an alias', 'a: &x 1\nformat: *x\n'],
  ['a tag', 'format: !!js/function 1\n'],
  ['no YAML', 'format: [1\n'],
  ['a list', '- 1\n'],
  ['nothing', ''],
];

for (const [title, text] of YAML) {
  test(`${title} in a file of the project is a problem, not an exception`, async (t) => {
    const folder = await emptyProject(t);
    writeFileSync(projectPaths(folder).file, text);

    assert.equal((await readProject(folder)).problems[0]?.file, 'lazaret.yaml');
  });
}

test('an edit keeps the comments and the order of what it does not touch', { skip }, async (t) => {
  const folder = await withOffice(t);
  const { policy } = vmPaths(folder, 'office');
  writeFileSync(policy, '# ours\nformat: 1 # the first\n');

  await savePolicy(vmNamed(await openProject(folder), 'office'), { format: 1, quarantine: threeVersions() });

  const text = readFileSync(policy, 'utf8');
  assert.match(text, /^# ours\nformat: 1 # the first\nquarantine:\n {2}type: version-based/);
  assert.deepEqual(vmNamed(await openProject(folder), 'office').policy.value.quarantine, threeVersions());
});

test('a policy that contradicts itself is not written', { skip }, async (t) => {
  const folder = await withOffice(t);
  const before = readFileSync(vmPaths(folder, 'office').policy);
  const vm = vmNamed(await openProject(folder), 'office');

  await assert.rejects(
    savePolicy(vm, { format: 1, quarantine: threeVersions({ threshold: 'none such' }) }),
    code('POLICY_INVALID'),
  );

  assert.deepEqual(readFileSync(vmPaths(folder, 'office').policy), before);
});

test('two commands do not change a project at once', async (t) => {
  const folder = await emptyProject(t);
  await using _held = await takeLock(projectPaths(folder).lock);

  await assert.rejects(
    withProject(folder, async () => undefined),
    code('PROJECT_BUSY'),
  );
});

test('a folder that is no project, and one that is not empty, are told apart', async (t) => {
  const folder = await emptyProject(t);

  await assert.rejects(openProject(scratch(t)), code('PROJECT_MISSING'));
  await assert.rejects(requireRoom(folder), code('PROJECT_EXISTS'));
});
