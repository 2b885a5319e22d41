import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { keyPath, projectPaths, vmPaths } from '../../src/project/layout.ts';
import { addVm, takeVmLock } from '../../src/project/make.ts';
import { openProject } from '../../src/project/open.ts';
import { takeLock } from '../../src/sys/files/lock.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { createKeyFile } from '../../src/trust/sign/keys.ts';
import { program } from '../fakes/command-line.ts';
import { madeProject, PASSPHRASE, scratch } from '../fakes/made-project.ts';
import { threeVersions, V3 } from '../fakes/quarantine.ts';
import { type Remedy, said, tryRemedies } from '../fakes/remedy.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

/** A project, and its administrator’s command line. */
async function administrator(t: TestContext) {
  const project = await madeProject(t);
  const manager = async (...args: string[]) =>
    said(await program('lazaret-manager', ['-C', project.folder, ...args, '--json']));
  return { project, folder: project.folder, manager };
}

/** The same with three versions, of which the second is required. */
async function withVersions(t: TestContext) {
  const made = await administrator(t);
  await made.project.setQuarantine(threeVersions());
  return made;
}

/** What an administrator meets in a project. */
const REMEDIES: Remedy[] = [
  [
    'USAGE',
    async (t) => {
      const { manager } = await administrator(t);
      return {
        fails: () => manager('vm', 'list', '--colour'),
        async remedy() {
          const { stdout } = await program('lazaret-manager', ['vm', 'list', '--help']);
          if (!stdout.includes('--json') || stdout.includes('--colour')) throw new Error(stdout);
          await manager('vm', 'list');
        },
      };
    },
  ],
  [
    'FILE_IN_WAY',
    async (t) => {
      const { manager } = await administrator(t);
      const folder = scratch(t);
      const file = join(folder, 'file');
      writeFileSync(file, 'mine');
      return {
        async fails() {
          // Each of them by itself, at the file and below it.
          for (const path of [file, join(file, 'below')]) {
            for (const words of [
              ['init', path, '--name', 'Other'],
              ['deploy', '--to', path],
            ])
              await assert.rejects(manager(...words), { code: 'FILE_IN_WAY' });
          }
          return manager('guest-tools', '--out', file);
        },
        async remedy() {
          await manager('guest-tools', '--out', join(folder, 'folder'));
          if (readFileSync(file, 'utf8') !== 'mine') throw new Error('it was written to');
        },
      };
    },
  ],
  [
    'PROJECT_EXISTS',
    async (t) => {
      const { manager } = await administrator(t);
      const full = scratch(t);
      writeFileSync(join(full, 'mine'), '');
      return {
        fails: () => manager('init', full, '--name', 'Other'),
        remedy: () => manager('init', join(full, 'new'), '--name', 'Other'),
      };
    },
  ],
  [
    'PROJECT_NESTED',
    async (t) => {
      const { manager, folder } = await administrator(t);
      const [inside, through] = [join(folder, 'new', 'deep'), join(scratch(t), 'link')];
      symlinkSync(folder, through);
      return {
        async fails() {
          await assert.rejects(manager('init', join(through, 'new'), '--name', 'Other'), { code: 'PROJECT_NESTED' });
          return manager('init', inside, '--name', 'Other');
        },
        async remedy() {
          assert.ok(!existsSync(join(folder, 'new')));
          await manager('init', join(scratch(t), 'new'), '--name', 'Other');
        },
      };
    },
  ],
  [
    'PROJECT_MISSING',
    async (t) => {
      const { manager, folder } = await administrator(t);
      const none = scratch(t);
      return {
        fails: () => manager('vm', 'list', '-C', none),
        async remedy() {
          await manager('vm', 'list', '-C', folder);
          await manager('init', none, '--name', 'Other');
          await manager('vm', 'list', '-C', none);
        },
      };
    },
  ],
  [
    'PROJECT_INVALID',
    async (t) => {
      const { manager, folder } = await administrator(t);
      const { file } = vmPaths(folder, 'office');
      const before = readFileSync(file, 'utf8');
      writeFileSync(file, before.replace(/memoryMiB: \d+/, 'memoryMiB: 5'));
      return {
        fails: () => manager('vm', 'list'),
        async remedy() {
          const { stdout } = await program('lazaret-manager', ['-C', folder, 'policy', 'check', '--json']);
          if (!/vm\.yaml: memoryMiB /.test(stdout)) throw new Error(stdout);
          writeFileSync(file, before);
          await manager('policy', 'check');
          await manager('vm', 'list');
        },
      };
    },
  ],
  [
    'PROJECT_BUSY',
    async (t) => {
      const { manager, folder } = await administrator(t);
      const other = await takeLock(projectPaths(folder).lock);
      return {
        fails: () => manager('project', 'set', '--name', 'New'),
        async remedy() {
          await other?.[Symbol.asyncDispose]();
          await manager('project', 'set', '--name', 'New');
        },
      };
    },
  ],
  [
    'VM_EXISTS',
    async (t) => {
      const { manager, folder } = await administrator(t);
      const disk = ['--disk', vmPaths(folder, 'office').work];
      return {
        fails: () => manager('vm', 'add', 'office', ...disk),
        async remedy() {
          await manager('vm', 'add', 'other', ...disk);
          await manager('vm', 'remove', 'office', '--yes');
          await manager('vm', 'add', 'office', '--disk', vmPaths(folder, 'other').work);
        },
      };
    },
  ],
  [
    'VM_UNKNOWN',
    async (t) => {
      const { manager } = await administrator(t);
      return {
        fails: () => manager('vm', 'show', 'ofice'),
        async remedy() {
          const [first] = (await manager('vm', 'list')) as { vm: string }[];
          await manager('vm', 'show', first?.vm ?? '');
        },
      };
    },
  ],
  [
    'VM_NAME',
    async (t) => {
      const { manager, folder } = await administrator(t);
      const disk = ['--disk', vmPaths(folder, 'office').work];
      return {
        fails: () => manager('vm', 'add', 'My_Machine', ...disk),
        remedy: () => manager('vm', 'add', 'my-machine2', ...disk),
      };
    },
  ],
  [
    'VM_FILE_MISSING',
    async (t) => {
      const { manager, folder, project } = await administrator(t);
      await project.addVm('lab');
      const { work } = vmPaths(folder, 'office');
      const backup = join(scratch(t), 'work.qcow2');
      renameSync(work, backup);
      return {
        fails: () => project.build('one'),
        async remedy() {
          renameSync(backup, work);
          await project.build('one');
          rmSync(work);
          await manager('vm', 'remove', 'office', '--yes');
          await project.build('two');
        },
      };
    },
  ],
  [
    'VM_RUNNING',
    async (t) => {
      const { manager, folder } = await administrator(t);
      const running = await takeVmLock(await openProject(folder), 'office');
      return {
        fails: () => manager('vm', 'remove', 'office', '--yes'),
        async remedy() {
          await running[Symbol.asyncDispose]();
          await manager('vm', 'remove', 'office', '--yes');
        },
      };
    },
  ],
  [
    'VM_SUSPENDED',
    async (t) => {
      const { folder, project } = await administrator(t);
      const { suspended } = vmPaths(folder, 'office');
      writeFileSync(suspended, '');
      return {
        fails: () => project.build('one'),
        async remedy() {
          // So it is when the machine was resumed and shut down.
          rmSync(suspended);
          await project.build('one');
        },
      };
    },
  ],
  [
    'VM_UNSUPPORTED',
    async (t) => {
      const { manager } = await administrator(t);
      return {
        fails: () => manager('vm', 'set', 'office', '--cpus', '65'),
        remedy: () => manager('vm', 'set', 'office', '--cpus', '64'),
      };
    },
  ],
  [
    'VERSION_EXISTS',
    async (t) => {
      const { manager } = await withVersions(t);
      return {
        fails: () => manager('nq', 'version', 'add', 'office', 'third'),
        remedy: () => manager('nq', 'version', 'add', 'office', 'fourth'),
      };
    },
  ],
  [
    'VERSION_UNKNOWN',
    async (t) => {
      const { manager } = await withVersions(t);
      return {
        fails: () => manager('nq', 'threshold', 'office', '3'),
        async remedy() {
          const { versions } = (await manager('nq', 'version', 'list', 'office')) as { versions: { name: string }[] };
          await manager('nq', 'threshold', 'office', versions.at(-1)?.name ?? '');
        },
      };
    },
  ],
  [
    'VERSION_NEEDED',
    async (t) => {
      const { manager } = await withVersions(t);
      return {
        fails: () => manager('nq', 'version', 'remove', 'office', 'second'),
        async remedy() {
          await manager('nq', 'threshold', 'office', 'third');
          await manager('nq', 'version', 'remove', 'office', 'second');
        },
      };
    },
  ],
  [
    'VERSION_BEHIND',
    async (t) => {
      const { folder, project } = await withVersions(t);
      return {
        fails: () => project.build('one', { strict: true }),
        async remedy() {
          await project.build('one');
          // So it is when the newest version’s nq-set was run in preview.
          writeFileSync(vmPaths(folder, 'office').state, JSON.stringify({ format: 1, descriptor: V3 }));
          await project.build('two', { strict: true });
        },
      };
    },
  ],
  [
    'ZONE_UNKNOWN',
    async (t) => {
      const { manager, project } = await administrator(t);
      await project.setQuarantine(threeVersions({ zones: [{ name: 'site', when: { gateways: ['10.0.0.1'] } }] }));
      const simulate = (zone: string) =>
        manager('nq', 'simulate', 'office', '--descriptor', 'third', '--to', '10.0.0.9:80', '--zone', zone);
      return { fails: () => simulate('sight'), remedy: () => simulate('site') };
    },
  ],
  [
    'KEY_PASSPHRASE',
    async (t) => {
      const { folder, manager } = await administrator(t);
      const deploy = ['-C', folder, 'deploy', '--json'];
      return {
        fails: async () => said(await program('lazaret-manager', deploy, { LAZARET_PASSPHRASE: 'another horse' })),
        remedy: () => manager('deploy'),
      };
    },
  ],
  [
    'KEY_MISSING',
    async (t) => {
      const { folder, manager } = await administrator(t);
      const backup = join(scratch(t), 'keys');
      cpSync(projectPaths(folder).keys, backup, { recursive: true });
      rmSync(keyPath(folder, 'policy'));
      return {
        fails: () => manager('deploy'),
        async remedy() {
          cpSync(backup, projectPaths(folder).keys, { recursive: true });
          await manager('deploy');
          rmSync(keyPath(folder, 'policy'));
          await manager('keys', 'rotate', 'policy');
          await manager('deploy');
        },
      };
    },
  ],
  [
    'KEY_EXISTS',
    async (t) => {
      const path = join(scratch(t), 'root.pem');
      await createKeyFile(path, PASSPHRASE);
      return {
        fails: () => createKeyFile(path, PASSPHRASE),
        async remedy() {
          renameSync(path, `${path}.old`);
          await createKeyFile(path, PASSPHRASE);
        },
      };
    },
  ],
  [
    'KEY_INVALID',
    async (t) => {
      const { folder, manager } = await administrator(t);
      const path = keyPath(folder, 'policy');
      const backup = join(scratch(t), 'policy.pem');
      copyFileSync(path, backup);
      writeFileSync(path, readFileSync(path, 'utf8').slice(0, 150));
      return {
        fails: () => manager('deploy'),
        async remedy() {
          copyFileSync(backup, path);
          await manager('deploy');
        },
      };
    },
  ],
  [
    'KEY_CONFIRM',
    async (t) => {
      const { manager } = await administrator(t);
      const [, , policy] = (await manager('keys', 'list')) as { keyId: string }[];
      const revoke = (...more: string[]) => manager('keys', 'revoke', policy?.keyId.slice(0, 16) ?? '', ...more);
      return { fails: () => revoke(), remedy: () => revoke('--yes') };
    },
  ],
  [
    'LOSS_CONFIRM',
    async (t) => {
      const { manager } = await administrator(t);
      return {
        fails: () => manager('vm', 'remove', 'office'),
        async remedy() {
          await manager('vm', 'show', 'office');
          await manager('vm', 'remove', 'office', '--yes');
        },
      };
    },
  ],
  [
    'PACKAGE_EMPTY',
    async (t) => {
      const { manager, folder, project } = await administrator(t);
      const disk = join(scratch(t), 'disk.qcow2');
      copyFileSync(vmPaths(folder, 'office').work, disk);
      await manager('vm', 'remove', 'office', '--yes');
      return {
        fails: () => project.build('one'),
        async remedy() {
          await addVm(await openProject(folder), {
            ...{ name: 'office', hardware: { memoryMiB: 64, cpus: 1 }, disk },
          });
          await project.build('one');
        },
      };
    },
  ],
  [
    'PACKAGE_UNCHANGED',
    async (t) => {
      const { project } = await administrator(t);
      await project.build('one');
      const again = (name: string, force: boolean) => project.build(name, { kind: 'update', force });
      return {
        fails: () => again('two', false),
        async remedy() {
          await project.changeDisk(0);
          await again('two', false);
          await again('three', true);
        },
      };
    },
  ],
  [
    'POLICY_INVALID',
    async (t) => {
      const { manager } = await administrator(t);
      const set = ['nq', 'set', 'office', '--type', 'version-based', '--normal', '10.0.0.0/8'];
      return {
        fails: () => manager(...set, '--initial', 'none-such'),
        async remedy() {
          await manager('policy', 'check');
          await manager(...set);
        },
      };
    },
  ],
  [
    'RECOVERY_KEY_FIXED',
    async (t) => {
      const { folder, project } = await administrator(t);
      const { file } = projectPaths(folder);
      const without = readFileSync(file, 'utf8');
      const before = `${without}recoveryKey: age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n`;
      writeFileSync(file, before);
      await project.build('one');
      writeFileSync(file, without);
      return {
        fails: () => project.build('two'),
        async remedy() {
          writeFileSync(file, before);
          await project.build('two', { force: true });
        },
      };
    },
  ],
  [
    'PLUGIN_MISSING',
    async (t) => {
      const { folder, project, manager } = await administrator(t);
      await manager('nq', 'set', 'office', '--type', 'custom', '--script', 'ask.sh');
      return {
        fails: () => project.build('one'),
        async remedy() {
          const { resources } = projectPaths(folder);
          mkdirSync(resources, { recursive: true });
          writeFileSync(join(resources, 'ask.sh'), '#!/bin/sh\necho YES\n');
          chmodSync(join(resources, 'ask.sh'), 0o755);
          await project.build('one');
        },
      };
    },
  ],
];

tryRemedies(REMEDIES, skip);
