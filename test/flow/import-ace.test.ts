import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { importAce } from '../../src/manager/import-ace.ts';
import { readAce } from '../../src/project/ace/read-ace.ts';
import { projectPaths, vmPaths } from '../../src/project/layout.ts';
import { openProject } from '../../src/project/open.ts';
import { takeLock } from '../../src/sys/files/lock.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { aceProject } from '../fakes/ace-project.ts';
import { failureIn, program } from '../fakes/command-line.ts';
import { PASSPHRASE, scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') && hasProgram('bwrap') ? false : 'qemu-img or bubblewrap is not installed';
const made = mkdtempSync(join(tmpdir(), 'lazaret-test-'));
after(() => rmSync(made, { recursive: true, force: true }));
before(async () => skip === false && (await aceProject(made)));

/** The project, to be changed, and an empty place for what becomes of it. */
function places(t: Parameters<typeof scratch>[0]) {
  const folder = scratch(t);
  cpSync(join(made, 'Acme'), join(folder, 'Acme'), { recursive: true });
  const at = (...names: string[]) => join(folder, 'Acme', ...names);
  return {
    at,
    file: at('Acme.vmprj'),
    to: join(folder, 'new'),
    machine: (...names: string[]) => at('Windows XP', ...names),
  };
}

test('IMPORT_CONFIRM: a whole project is read, named in what is not carried over, and with --yes is one that can be packed', {
  skip,
}, async (t) => {
  const { file, to } = places(t);
  const manager = (...words: string[]) => program('lazaret-manager', ['-C', to, ...words, '--json']);

  const planned = JSON.parse((await manager('import-ace', file, '--dry-run')).stdout);
  const unasked = await manager('import-ace', file);
  assert.deepEqual([unasked.status, failureIn(unasked).code, existsSync(to)], [77, 'IMPORT_CONFIRM', false]);
  const done = await manager('import-ace', file, '--yes');
  assert.equal(done.status, 0, done.stdout + done.stderr);

  const { notes, machines, name } = JSON.parse(done.stdout);
  assert.deepEqual([name, notes, machines], [planned.name, planned.notes, planned.machines]);
  const unread = [...notes, ...machines[0].notes].filter(({ code }: { code: string }) => code === 'not-understood');
  assert.deepEqual(
    unread.map(({ file: where, line, parts }: { file: string; line: number; parts: { key: string } }) => [
      where,
      line,
      parts.key,
    ]),
    [
      ['Acme.vmprj', 1, 'projectID'],
      ['app.vmpl', 11, 'hotfix.mode'],
      ['Windows XP/Windows XP.vmpl', 1, 'expiration.type'],
    ],
  );
  assert.ok(!done.stdout.includes('hunter2'), 'what a line says may be one');
  const project = await openProject(to);
  assert.deepEqual(
    project.file.value.host?.zones.map((zone) => [zone.name, zone.mode]),
    [['Office', 'whitelist']],
  );
  const [vm] = project.vms;
  assert.deepEqual([vm?.name, vm?.file.value.memoryMiB, vm?.file.value.os], ['windows-xp', 512, 'windows']);
  assert.equal(vm?.policy.value.quarantine.type, 'static', 'what cannot be read is closed');
  await run('qemu-img', [
    'compare',
    '-q',
    '-f',
    'raw',
    '-F',
    'qcow2',
    join(made, 'disk.raw'),
    vmPaths(to, 'windows-xp').work,
  ]);
  const checked = await manager('policy', 'check');
  assert.deepEqual([checked.status, JSON.parse(checked.stdout).problems], [0, []]);
  const packed = await manager(
    'package',
    'create',
    'first',
    '--kind',
    'full',
    '--mode',
    'fast',
    '--out',
    join(to, '..', 'out'),
  );
  assert.equal(packed.status, 0, packed.stdout + packed.stderr);
  assert.equal(failureIn(await manager('import-ace', file, '--yes')).code, 'PROJECT_EXISTS');
});

test('whatever fails, is called off or killed on the way leaves no project, and the folder can be taken again', {
  skip,
}, async (t) => {
  const { file, to } = places(t);
  const ace = await readAce(file);
  const options = { passphrase: PASSPHRASE, now: Date.now(), keyIterations: 1000 };
  await assert.rejects(importAce(to, ace, { ...options, signal: AbortSignal.abort() }), { code: 'INTERRUPTED' });
  assert.equal(existsSync(to), false);

  mkdirSync(to);
  const [machine] = ace.machines;
  assert.ok(machine);
  const twice = { ...ace, machines: [machine, { ...machine, name: 'Not a name' }] };
  await assert.rejects(importAce(to, twice, options), { code: 'VM_NAME' });
  assert.deepEqual(readdirSync(to), []);

  // As one leaves it that was killed; and while it still goes on.
  mkdirSync(join(to, '.project.0123456789ab.tmp', 'keys'), { recursive: true });
  {
    await using _other = await takeLock(projectPaths(to).lock);
    await assert.rejects(importAce(to, ace, options), { code: 'PROJECT_BUSY' });
  }
  await importAce(to, ace, options);
  assert.deepEqual(
    readdirSync(to).filter((name) => name.endsWith('.tmp')),
    [],
  );
  assert.equal((await openProject(to)).vms.length, 1);
});

type Places = ReturnType<typeof places>;
const append = (path: string, text: string) => writeFileSync(path, `${readFileSync(path, 'latin1')}${text}`, 'latin1');

/** Folders that are read all the same, with what is said of them. */
const TAKEN: [title: string, change: (places: Places) => void, codes: string[]][] = [
  [
    'files in capitals',
    ({ at, machine }) => {
      renameSync(at('app.vmpl'), at('APP.VMPL'));
      renameSync(machine('Windows XP.vmpl'), machine('WINDOWS XP.VMPL'));
      renameSync(machine('Windows XP.vmx'), machine('Windows XP.VMX'));
      renameSync(at('Project Resources'), at('PROJECT resources'));
    },
    [],
  ],
  ['a project file that is no text', ({ file }) => writeFileSync(file, Buffer.from([0, 0xff, 0x80])), []],
  ['an empty project file', ({ file }) => writeFileSync(file, ''), []],
  [
    'no policies at all',
    ({ at, machine }) => {
      rmSync(at('app.vmpl'));
      rmSync(machine('Windows XP.vmpl'));
    },
    [],
  ],
  [
    'files and folders that are something else',
    ({ at, machine }) => {
      writeFileSync(at('key.pem'), '');
      mkdirSync(at('Notes'));
      writeFileSync(machine('other.vmpl'), '');
    },
    ['left', 'left', 'left'],
  ],
  [
    'a lock and a suspended state',
    ({ machine }) => {
      writeFileSync(machine('Windows XP.vmdk.lck'), '');
      writeFileSync(machine('Windows XP.vmss'), '');
    },
    ['lock', 'suspended'],
  ],
  [
    'a suspended state of which its description tells',
    ({ machine }) => {
      writeFileSync(machine('Windows XP.vmss'), '');
      append(machine('Windows XP.vmx'), 'checkpoint.vmState = "Windows XP.vmss"\n');
    },
    [],
  ],
  ['no machine', ({ machine }) => rmSync(machine(), { recursive: true }), []],
];
for (const [title, change, codes] of TAKEN)
  test(`a project with ${title} is read`, { skip }, async (t) => {
    const here = places(t);
    change(here);

    const { notes, machines } = await readAce(here.file);

    const all = [...notes, ...machines.flatMap((machine) => machine.notes)].map(({ code }) => code);
    const special = all.filter((code) => ['left', 'lock', 'suspended'].includes(code)).toSorted();
    assert.deepEqual(special, codes);
    assert.equal(machines.length, title === 'no machine' ? 0 : 1);
  });

const REFUSED: [title: string, code: string, said: RegExp, change: (places: Places) => void][] = [
  ['its file missing', 'FILE_MISSING', /Acme.vmprj/, ({ file }) => rmSync(file)],
  [
    'a link as its file',
    'FILE_INVALID',
    /Acme.vmprj/,
    ({ at, file }) => {
      renameSync(file, at('x'));
      symlinkSync(at('x'), file);
    },
  ],
  [
    'a file longer than such files are',
    'FILE_TOO_LARGE',
    /Acme.vmprj/,
    ({ file }) => writeFileSync(file, Buffer.alloc((4 << 20) + 1)),
  ],
  [
    'policies longer than such files are',
    'FILE_TOO_LARGE',
    /app.vmpl/,
    ({ at }) => writeFileSync(at('app.vmpl'), Buffer.alloc((4 << 20) + 1, 0x20)),
  ],
  [
    'policies that are no text',
    'IMPORT_INVALID',
    /^app.vmpl is no text/,
    ({ at }) => writeFileSync(at('app.vmpl'), Buffer.from([0x80, 0xff])),
  ],
  [
    'a machine’s policies that are broken',
    'IMPORT_INVALID',
    /^Windows XP\/Windows XP.vmpl, line 2, is not/,
    ({ machine }) => append(machine('Windows XP.vmpl'), '[section]\n'),
  ],
  [
    'policies that are a link',
    'IMPORT_ELSEWHERE',
    /app.vmpl is a link/,
    ({ at }) => {
      rmSync(at('app.vmpl'));
      symlinkSync('/etc/passwd', at('app.vmpl'));
    },
  ],
  ['a machine that is a link', 'IMPORT_ELSEWHERE', /Linked is a link/, ({ at }) => symlinkSync('/etc', at('Linked'))],
  [
    'a description that is a link',
    'IMPORT_ELSEWHERE',
    /Windows XP\/b.vmx is a link/,
    ({ machine }) => symlinkSync('Windows XP.vmx', machine('b.vmx')),
  ],
  [
    'policies twice',
    'IMPORT_INVALID',
    /app.vmpl and APP.vmpl differ in capitals alone/,
    ({ at }) => writeFileSync(at('APP.vmpl'), ''),
  ],
  ['another project beside it', 'IMPORT_UNSUPPORTED', /two projects/, ({ at }) => writeFileSync(at('Other.vmprj'), '')],
  [
    'two machines in one folder',
    'IMPORT_UNSUPPORTED',
    /two machines/,
    ({ machine }) => writeFileSync(machine('b.vmx'), ''),
  ],
  [
    'more files than such folders have',
    'IMPORT_UNSUPPORTED',
    /more than 2000 files/,
    ({ at }) => {
      for (let index = 0; index < 2001; index += 1) writeFileSync(at(`${index}`), '');
    },
  ],
  [
    'a snapshot’s redo log',
    'IMPORT_UNSUPPORTED',
    /remove the snapshot in VMware/,
    ({ machine }) => writeFileSync(machine('Windows XP.vmdk.REDO'), ''),
  ],
  [
    'a redo log that its description names',
    'IMPORT_UNSUPPORTED',
    /remove the snapshot in VMware/,
    ({ machine }) =>
      writeFileSync(
        machine('Windows XP.vmx'),
        readFileSync(machine('Windows XP.vmx'), 'utf8').replace('redo = ""', 'redo = "..\\\\x"'),
      ),
  ],
  [
    'a machine whose description is encrypted',
    'DISK_ENCRYPTED',
    /is encrypted/,
    ({ machine }) => append(machine('Windows XP.vmx'), 'encryption.keySafe = "x"\n'),
  ],
  [
    'a machine that is none',
    'IMPORT_INVALID',
    /no description of a VMware machine/,
    ({ machine }) => writeFileSync(machine('Windows XP.vmx'), ''),
  ],
  ['a disk that is missing', 'FILE_MISSING', /windows xp.VMDK/, ({ machine }) => rmSync(machine('Windows XP.vmdk'))],
  ['a disk elsewhere, by a path of Windows', 'IMPORT_ELSEWHERE', /C:/, disk('C:\\VMs\\xp.vmdk')],
  ['a disk elsewhere, by a server', 'IMPORT_ELSEWHERE', /server/, disk('\\\\server\\vms\\xp.vmdk')],
  ['a disk elsewhere, with backslashes', 'IMPORT_ELSEWHERE', /Other/, disk('..\\Other\\xp.vmdk')],
  ['a disk elsewhere, by a path', 'IMPORT_ELSEWHERE', /disk.raw/, disk('../disk.raw')],
];
function disk(name: string) {
  return ({ machine }: Places) =>
    writeFileSync(
      machine('Windows XP.vmx'),
      readFileSync(machine('Windows XP.vmx'), 'utf8').replace('windows xp.VMDK', () => name),
    );
}
for (const [title, code, said, change] of REFUSED)
  test(`a project with ${title} is refused: ${code}`, { skip }, async (t) => {
    const here = places(t);
    change(here);

    await assert.rejects(readAce(here.file), { code, message: said });
  });

test('what is called otherwise is no project', async () => {
  for (const name of ['Acme', 'Acme.vmx', '.vmprj', `${'x'.repeat(101)}.vmprj`])
    await assert.rejects(readAce(join('/nowhere', name)), { code: 'IMPORT_INVALID' });
});
