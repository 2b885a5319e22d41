import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BIN, scriptOf } from '../../lab/programs.ts';
import { AppError } from '../../src/lib/errors.ts';
import { passphraseProblem } from '../../src/lib/passphrase.ts';
import { vmPaths } from '../../src/project/layout.ts';
import { openProject, vmNamed } from '../../src/project/open.ts';
import { failureIn, program } from '../fakes/command-line.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { threeVersions, V1, V2 } from '../fakes/quarantine.ts';
import { atTerminal } from '../fakes/terminal.ts';

const PROGRAMS = ['lazaret', 'lazaret-manager', 'lazaretd'] as const;
const { version } = JSON.parse(readFileSync(join(BIN, '..', 'package.json'), 'utf8'));

for (const name of PROGRAMS) {
  test(`${name} says which release it is`, async () => {
    const { status, stdout } = await program(name, ['--version']);

    assert.deepEqual([status, stdout.trim()], [0, `${name} ${version}`]);
  });
}

const HELP = [['lazaret'], ['lazaret-manager'], ['lazaretd'], ['lazaret-manager', 'nq', 'set'], ['lazaret', 'install']];
for (const [name = '', ...words] of HELP) {
  test(`the help of ${[name, ...words].join(' ')} fits terminals of 60, 80 and 120 columns`, () => {
    for (const columns of [60, 80, 120]) {
      const line = `stty cols ${columns}; exec ${BIN}/${name} ${words.join(' ')} --help`;
      const lines = execFileSync('script', ['-qec', line, '/dev/null'], { encoding: 'utf8' }).split('\r\n');

      assert.ok(lines.length > 10);
      assert.deepEqual(
        lines.filter((shown) => [...shown].length > columns),
        [],
      );
    }
  });
}

test('a terminal that knows no size of its own gets help and questions of 80 columns', async (t) => {
  const help = (columns: number) => {
    const line = `stty cols ${columns} rows ${columns && 24}; exec ${BIN}/lazaret-manager nq set --help`;
    return execFileSync('script', ['-qec', line, '/dev/null'], { encoding: 'utf8' });
  };
  const folder = join(scratch(t), 'project');
  const asked = atTerminal(t, `${BIN}/lazaret-manager init ${folder} --name Acme`, { columns: 0, rows: 0 });

  await asked.shows(/A passphrase for the project’s keys/);
  assert.equal(help(0), help(80));
});

test('the help of a command that signs says where its passphrase may come from', async () => {
  for (const words of [['init'], ['deploy'], ['package', 'create'], ['nq', 'signer', 'sign']]) {
    const { stdout } = await program('lazaret-manager', [...words, '--help']);

    assert.match(stdout.replace(/\s+/g, ' '), /--passphrase-file <file> .*LAZARET_PASSPHRASE/, words.join(' '));
  }
});

test('each program names its own command in a remedy', async (t) => {
  const project = await madeProject(t);
  const failed = await program('lazaret-manager', ['-C', project.folder, 'vm', 'show', 'nobody']);

  assert.match(failed.stderr, /^VM_UNKNOWN: .*\n→ Run `lazaret-manager vm list` to see the names\.$/m);
  assert.equal(new AppError('VM_UNKNOWN', 'nobody is here').hint, 'Run `lazaret list` to see the names.');
});

test('a passphrase that is easy to guess is none for new keys', async (t) => {
  for (const easy of ['', 'abc', 'aaaaaaaaaaaaaaaa', 'abcdefghijk']) assert.ok(passphraseProblem(easy), easy);
  for (const good of ['correct horse', 'Straße nach Süden']) assert.equal(passphraseProblem(good), undefined);
  const folder = join(scratch(t), 'project');

  const refused = await program('lazaret-manager', ['init', folder, '--name', 'Acme', '--json'], {
    LAZARET_PASSPHRASE: 'abc',
  });

  assert.deepEqual([refused.status, failureIn(refused).code], [64, 'USAGE']);
  assert.match(failureIn(refused).reason, /at least 12 characters/);
  assert.equal(existsSync(folder), false);
});

test('a project that could not be opened is not made', async (t) => {
  const folder = join(scratch(t), 'project');
  for (const [option, value] of [
    ['name', 'x'.repeat(101)],
    ['policyServer', 'ftp://updates.example/'],
    ['packageServer', 'updates.example'],
  ] as const) {
    const given = { name: 'Acme', [option]: value };
    const words = Object.entries(given).flatMap(([each, text]) => [`--${each.replace('Server', '-server')}`, text]);
    const refused = failureIn(await program('lazaret-manager', ['init', folder, ...words, '--json']));
    assert.equal(refused.code, 'USAGE');
    assert.match(refused.reason, new RegExp(`^${option} `));
    assert.equal(existsSync(folder), false);
  }
});

test('-C says where a new project is made, too', async (t) => {
  const folder = scratch(t);

  const { status, stdout } = await program('lazaret-manager', ['-C', folder, 'init', 'acme', '--name', 'Acme']);

  assert.equal(status, 0);
  assert.ok(stdout.includes(`made the project Acme in ${join(folder, 'acme')}\n`), stdout);
  assert.ok(existsSync(join(folder, 'acme', 'lazaret.yaml')));
});

test('vm list and vm show say of a machine what is set, and that it is suspended', async (t) => {
  const { folder } = await madeProject(t);
  const manager = async (...words: string[]) => (await program('lazaret-manager', ['-C', folder, ...words])).stdout;
  await manager('vm', 'device', 'add', 'office', 'speaker', '--kind', 'sound');
  assert.doesNotMatch(await manager('vm', 'list'), /suspended/);
  writeFileSync(vmPaths(folder, 'office').suspended, '');

  assert.match(await manager('vm', 'list'), /^office .* suspended$/m);
  const shown = await manager('vm', 'show', 'office');
  assert.match(shown, /^devices +speaker \(sound\)$/m);
  assert.match(shown, /^state +suspended: /m);
  assert.doesNotMatch(shown, /TPM|undefined|\{/);
});

test('vm device add takes the options that all commands have', async (t) => {
  const { folder } = await madeProject(t);
  const above = ['-C', folder, '--passphrase-file', '/dev/null'];
  const words = [...above, 'vm', 'device', 'add', 'office', 'cd', '--kind', 'cd', '--json'];

  const added = await program('lazaret-manager', words);

  assert.deepEqual(JSON.parse(added.stdout), { vm: 'office', devices: { cd: { kind: 'cd' } } });
});

test('SIGTERM ends a command that asks for the passphrase, the first time', async (t) => {
  const { folder } = await madeProject(t);
  const pidFile = join(scratch(t), 'pid');
  const line = `sh -c 'echo $$ >${pidFile}; unset LAZARET_PASSPHRASE; exec ${BIN}/lazaret-manager -C ${folder} deploy'`;
  const asking = atTerminal(t, line);
  await asking.answer('The passphrase of the project’s keys');

  process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM');

  assert.equal(await asking.status(), 75);
  assert.match(asking.text(), /INTERRUPTED/);
});

test('a command that needs root says the word, in its help and when somebody else runs it', async (t) => {
  const { folder } = await madeProject(t);
  const { stdout } = await program('lazaret-manager', ['--help']);
  for (const name of ['preview', 'power-on'])
    assert.match(stdout.replace(/\s+/g, ' '), new RegExp(`${name} \\[options\\] <vm> [^<]*\\(as root\\)`));
  const asNobody = (words: string[]) => {
    // In a user namespace that maps nobody, everybody is nobody.
    try {
      return execFileSync('unshare', ['-U', process.execPath, ...words], { encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      return String((error as { stdout: string }).stdout);
    }
  };
  const preview = asNobody([scriptOf('lazaret-manager'), '-C', folder, 'preview', 'office', '--json']);
  const service = asNobody([scriptOf('lazaretd'), '--json']);

  for (const said of [preview, service]) {
    const { error } = JSON.parse(said);
    assert.equal(error.code, 'ROOT_NEEDED');
    assert.match(`${error.reason} ${error.remedy}`, /needs root.*sudo/);
  }
});

test('root’s lazaret speaks of the computer’s service when none answers', async () => {
  const ended = await program('lazaret', ['list', '--json'], { LAZARET_SOCKET: undefined });

  assert.equal(failureIn(ended).code, 'DAEMON_UNREACHABLE');
  assert.match(failureIn(ended).reason, /\/run\/lazaret\/lazaretd\.sock/);
});

test('a port that there is not is a mistake in the command, and no bug of ours', async (t) => {
  const folder = (await madeProject(t)).folder;
  for (const command of ['serve', 'ui'])
    for (const port of ['65536', '-1', '80.5', 'http']) {
      const refused = await program('lazaret-manager', ['-C', folder, command, '--json', `--port=${port}`]);
      assert.deepEqual([refused.status, failureIn(refused).code], [64, 'USAGE'], `${command} ${port}`);
    }
});

test('a machine’s memory is a size or a number of MiB, and its hardware can be changed', async (t) => {
  const { folder } = await madeProject(t);
  const manager = (...args: string[]) => program('lazaret-manager', ['-C', folder, ...args, '--json']);
  const disk = vmPaths(folder, 'office').work;
  assert.equal((await manager('vm', 'add', 'lab', '--disk', disk, '--memory', '2G')).status, 0);

  assert.equal((await manager('vm', 'set', 'office', '--memory', '3G', '--cpus', '2')).status, 0);
  assert.equal((await manager('vm', 'set', 'office', '--data-disk', '1G', '--firmware', 'uefi')).status, 0);

  const project = await openProject(folder);
  assert.equal(vmNamed(project, 'lab').file.value.memoryMiB, 2048);
  const { id: _id, ...office } = vmNamed(project, 'office').file.value;
  assert.deepEqual(office, { format: 1, memoryMiB: 3072, cpus: 2, firmware: 'uefi', dataDiskMiB: 1024 });
  const impossible = [['--memory', '1'], ['--data-disk', '2G'], ['--append', 'quiet'], []];
  for (const words of impossible) assert.notEqual((await manager('vm', 'set', 'office', ...words)).status, 0);
  assert.deepEqual(vmNamed(await openProject(folder), 'office').file.value.memoryMiB, 3072);
});

test('a machine for Windows says so alone, and what that picks can be chosen otherwise', async (t) => {
  const { folder } = await madeProject(t);
  const manager = (...args: string[]) => program('lazaret-manager', ['-C', folder, ...args]);
  const disk = vmPaths(folder, 'office').work;
  assert.equal((await manager('vm', 'add', 'win', '--disk', disk, '--os', 'windows')).status, 0);
  assert.equal(vmNamed(await openProject(folder), 'win').file.value.os, 'windows');

  const said = (await manager('vm', 'set', 'win', '--cpus', '2')).stdout;
  assert.match(said, /win: 1024 MiB, 2 cpu, bios, compatible hardware, clock in local time/);
  const chosen = (await manager('vm', 'set', 'win', '--hardware', 'virtio', '--clock', 'utc')).stdout;
  assert.match(chosen, /win: 1024 MiB, 2 cpu, bios, virtio$/m);
  assert.notEqual((await manager('vm', 'set', 'win', '--hardware', 'vga')).status, 0);
  const level = (await manager('vm', 'set', 'win', '--processor', 'x86-64-v2')).stdout;
  assert.match(level, /win: 1024 MiB, 2 cpu, bios, virtio, processor x86-64-v2$/m);
  assert.equal(vmNamed(await openProject(folder), 'win').file.value.processor, 'x86-64-v2');
  assert.notEqual((await manager('vm', 'set', 'win', '--processor', 'pentium')).status, 0);
});

const IN_FORCE: [title: string, before: string[], change: string[], said: RegExp][] = [
  [
    'static quarantine',
    [],
    ['--type', 'static', '--normal', '10.0.0.0/8'],
    /with the next package \(package create\)$/,
  ],
  ['a plug-in without look-ups', [], ['--type', 'custom', '--script', 'c.sh'], /the next package \(package create\)$/],
  ['a type that is looked up from now on', [], ['--type', 'dynamic'], /after that, a deploy puts changes in force/],
  ['a type that is looked up', ['--type', 'dynamic'], ['--normal', '10.0.0.0/8'], /; deploy to put it in force$/],
  [
    'one that is looked up no more',
    ['--type', 'dynamic'],
    ['--type', 'static'],
    /later changes come only with packages/,
  ],
];
for (const [title, before, change, said] of IN_FORCE) {
  test(`nq set says how users get it: ${title}`, async (t) => {
    const { folder } = await madeProject(t);
    const set = (words: string[]) => program('lazaret-manager', ['-C', folder, 'nq', 'set', 'office', ...words]);
    if (before.length > 0) await set(before);

    const { status, stdout } = await set(change);

    assert.equal(status, 0);
    assert.match(stdout.trim(), said);
  });
}

test('the threshold may stand above all versions, or below: none has normal access then, or all', async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  const threshold = (...args: string[]) =>
    program('lazaret-manager', ['-C', project.folder, 'nq', 'threshold', 'office', ...args, '--json']);

  assert.equal(JSON.parse((await threshold('--none')).stdout).threshold, null);
  assert.equal(await project.deploy(), 1, 'it is a policy that computers get');
  assert.equal(JSON.parse((await threshold('--all')).stdout).threshold, undefined);
  assert.equal((await threshold('third', '--none')).status, 64);
  assert.equal((await threshold()).status, 64);
});

test('without a policy server a new threshold comes with packages, and nothing is said of deploying alone', async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  const file = join(project.folder, 'lazaret.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^policyServer: .*\n/m, ''));

  const { stdout } = await program('lazaret-manager', ['-C', project.folder, 'nq', 'threshold', 'office', 'third']);

  assert.match(stdout, /next package .*names no policy server/);
});

test('the updater is made by the line that the administrator’s guide prints', async (t) => {
  const project = await madeProject(t);
  const versions = [
    { name: '2026-10', descriptor: '0x0000000A' },
    { name: '2026-11', descriptor: V1 },
  ];
  await project.setQuarantine(threeVersions({ versions, threshold: '2026-11' }));
  const guide = readFileSync(join(BIN, '..', 'docs/guide/administrator.md'), 'utf8');
  const [line = ''] = /^lazaret-manager update-script .*$/m.exec(guide) ?? [];
  const env = { ...process.env, PATH: `${BIN}:${process.env['PATH']}` };

  const script = execFileSync('sh', ['-c', line], { cwd: project.folder, env, encoding: 'utf8' });

  assert.match(script, new RegExp(`^#!/bin/sh\n[^]*descriptor=${V1}`));
});

test('simulate takes a version by its name, and refuses what is neither name nor descriptor', async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  const simulate = (version: string) => {
    const words = ['nq', 'simulate', 'office', '--to', '10.9.9.9:443', '--descriptor', version, '--json'];
    return program('lazaret-manager', ['-C', project.folder, ...words]);
  };

  const [byName, byDescriptor, wrong] = [await simulate('second'), await simulate(V2), await simulate('2nd')];

  assert.equal(JSON.parse(byName.stdout).access, 'normal');
  assert.deepEqual(JSON.parse(byName.stdout), JSON.parse(byDescriptor.stdout));
  assert.deepEqual([wrong.status, failureIn(wrong).code], [66, 'VERSION_UNKNOWN']);
});
