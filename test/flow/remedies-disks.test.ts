import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { BIN } from '../../lab/programs.ts';
import { installedPlugins } from '../../src/daemon/machines/plugins.ts';
import { filePath } from '../../src/install/state/layout.ts';
import { readResources } from '../../src/install/state/resources.ts';
import { AppError } from '../../src/lib/errors.ts';
import { Script } from '../../src/policy/parts/script.ts';
import { CustomQuarantine } from '../../src/policy/quarantine.ts';
import { importDisk } from '../../src/project/disk-import.ts';
import { projectPaths } from '../../src/project/layout.ts';
import { pluginUser } from '../../src/run/machine/host/users.ts';
import { askPlugin, type PluginReply } from '../../src/run/plugins/plugin.ts';
import { hasProgram, run } from '../../src/sys/programs/exec.ts';
import { ended, programWithout } from '../fakes/command-line.ts';
import { bootableNoise } from '../fakes/disk-image.ts';
import { computer } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { plugins } from '../fakes/plugin.ts';
import { type Remedy, said, tryRemedies } from '../fakes/remedy.ts';

const skip = hasProgram('qemu-img') && hasProgram('bwrap') ? false : 'qemu-img or bubblewrap is not installed';
const MIB = 1 << 20;
const sh = (text: string) => `#!/bin/sh\n${text}\n`;

/** A disk’s image in some format, a way to add it or another one, and places for more. */
async function image(t: TestContext, format: string, ...options: string[]) {
  const folder = scratch(t);
  const at = (name: string) => join(folder, name);
  writeFileSync(at('disk.raw'), bootableNoise(MIB));
  await run('qemu-img', ['convert', '-f', 'raw', '-O', format, ...options, at('disk.raw'), at('image')]);
  let tries = 0;
  const add = (path: string, more: { format?: 'raw' } = {}) => importDisk(path, at(`work${++tries}.qcow2`), more);
  return { at, image: at('image'), raw: at('disk.raw'), add };
}

/** What a plug-in said; a void answer is thrown. */
function answered({ answer }: PluginReply): unknown {
  if (answer.verdict === 'void') throw new AppError(answer.code, answer.why);
  return answer.verdict;
}

/** A plug-in, and what it says; a change of it is another plug-in. */
function plugin(t: TestContext, text: string, change: string): ReturnType<Remedy[1]> {
  const ask = async (one: string) =>
    answered(await plugins(t, { 'ask.sh': one }).ask('ask.sh', { script: { timeout: '1s' } }));
  return { fails: () => ask(text), remedy: () => ask(change) };
}

/** A project whose machine asks a plug-in. */
async function withPlugin(t: TestContext) {
  const project = await madeProject(t);
  writeFileSync(join(projectPaths(project.folder).resources, 'ask.sh'), sh('echo YES'));
  await project.setQuarantine(CustomQuarantine.parse({ type: 'custom', script: { file: 'ask.sh' } }));
  return project;
}

/** What an administrator meets with disks, and with plug-ins. */
const REMEDIES: Remedy[] = [
  [
    'DISK_INVALID',
    async (t) => {
      const { at, image: qed, add } = await image(t, 'qed');
      return {
        fails: () => add(qed),
        async remedy() {
          await run('qemu-img', ['convert', '-f', 'qed', '-O', 'qcow2', qed, at('new.qcow2')]);
          await add(at('new.qcow2'));
        },
      };
    },
  ],
  [
    'DISK_CUT',
    async (t) => {
      const { at, image: whole, add } = await image(t, 'qcow2');
      copyFileSync(whole, at('copy'));
      truncateSync(at('copy'), statSync(whole).size / 2);
      return {
        fails: () => add(at('copy')),
        remedy() {
          copyFileSync(whole, at('copy'));
          return add(at('copy'));
        },
      };
    },
  ],
  [
    'DISK_UNKNOWN',
    async (t) => {
      const { at, add } = await image(t, 'qcow2');
      writeFileSync(at('noise'), randomBytes(MIB));
      return { fails: () => add(at('noise')), remedy: () => add(at('noise'), { format: 'raw' }) };
    },
  ],
  [
    'DISK_PACKED',
    async (t) => {
      const { image: disk, add } = await image(t, 'qcow2');
      await run('gzip', ['-k', disk]);
      return {
        fails: () => add(`${disk}.gz`),
        async remedy({ message }) {
          const command = /`(gunzip -k \S+)`/.exec(message)?.[1];
          if (command === undefined) throw new Error(message);
          await run('sh', ['-c', `rm '${disk}'; cd '${join(disk, '..')}'; gunzip -k '${disk}.gz'`]);
          await add(disk);
        },
      };
    },
  ],
  [
    'DISK_ENCRYPTED',
    async (t) => {
      const { at, image: plain, add } = await image(t, 'qcow2');
      const header = readFileSync(plain);
      header.writeUInt32BE(2, 32);
      writeFileSync(at('locked'), header);
      return { fails: () => add(at('locked')), remedy: () => add(plain) };
    },
  ],
  [
    'DISK_IN_USE',
    async (t) => {
      const { at, image: disk, add } = await image(t, 'qcow2');
      const drive = JSON.stringify({ driver: 'qcow2', 'node-name': 'disk', file: { driver: 'file', filename: disk } });
      const words = ['-M', 'none', '-nodefaults', '-display', 'none', '-qmp', 'stdio', '-blockdev', drive];
      const machine = spawn('qemu-system-x86_64', words);
      t.after(() => machine.kill('SIGKILL'));
      await once(machine.stdout, 'data');
      return {
        fails: () => add(disk),
        async remedy() {
          copyFileSync(disk, at('copy'));
          await add(at('copy'));
          machine.kill('SIGTERM');
          await once(machine, 'exit');
          await add(disk);
        },
      };
    },
  ],
  [
    'DISK_UNCLEAN',
    async (t) => {
      const { image: disk, add } = await image(t, 'vhdx');
      const bytes = readFileSync(disk);
      const closed = Buffer.from(bytes);
      for (const header of [64 << 10, 128 << 10]) bytes.fill(1, header + 48, header + 64);
      writeFileSync(disk, bytes);
      return {
        fails: () => add(disk),
        async remedy() {
          // So it is when the machine that uses it was shut down.
          writeFileSync(disk, closed);
          await add(disk);
        },
      };
    },
  ],
  [
    'DISK_UNCONFINED',
    async (t) => {
      const { folder } = await madeProject(t);
      const { image: disk } = await image(t, 'qcow2');
      const add = (name: string) => [
        join(BIN, 'lazaret-manager'),
        '-C',
        folder,
        'vm',
        'add',
        name,
        '--disk',
        disk,
        '--json',
      ];
      const none = 'echo 0 >/proc/sys/user/max_mnt_namespaces && exec "$@"';
      return {
        fails: async () =>
          said(await ended(['unshare', '--user', '--map-root-user', 'sh', '-c', none, 'sh', ...add('one')])),
        remedy: async () => said(await ended(['unshare', '--user', '--map-root-user', ...add('one')])),
      };
    },
  ],
  ['PLUGIN_NO_PROGRAM', (t) => plugin(t, 'echo YES\n', sh('echo YES'))],
  ['PLUGIN_FAILED', (t) => plugin(t, sh('cat /nowhere && echo YES'), sh('echo YES'))],
  ['PLUGIN_OUTPUT', (t) => plugin(t, sh('echo Yes'), sh('echo YES'))],
  [
    'PLUGIN_LATE',
    (t) => {
      const { ask } = plugins(t, { 'slow.sh': sh('sleep 2; echo YES'), 'ask.sh': sh('echo YES') });
      const asked = async (file: string, timeout: string) => answered(await ask(file, { script: { timeout } }));
      return {
        fails: () => asked('slow.sh', '1s'),
        async remedy() {
          await asked('ask.sh', '1s');
          await asked('slow.sh', '60s');
        },
      };
    },
  ],
  [
    'PLUGIN_CHANGED',
    async (t) => {
      const project = await withPlugin(t);
      const { folder } = await project.build('one');
      const { install, state } = computer(t);
      await install(folder, { fingerprint: project.fingerprint });
      const question = { script: Script.parse({ file: 'ask.sh' }), descriptor: undefined, project: '', vmId: '' };
      const ask = async () =>
        answered(
          await askPlugin(
            { ...question, event: 'poweron', signal: new AbortController().signal },
            installedPlugins(state, 'office'),
            pluginUser(0),
          ),
        );
      const [resource] = await readResources(state);
      writeFileSync(filePath(state, resource?.sha256 ?? ''), sh('echo NO'));
      return {
        fails: ask,
        async remedy() {
          await install(folder, { replace: true });
          await ask();
        },
      };
    },
  ],
  [
    'PLUGIN_UNCONFINED',
    async (t) => {
      const { folder } = await withPlugin(t);
      const words = ['-C', folder, 'nq', 'simulate', 'office', '--to', '10.0.0.1:80', '--json'];
      return {
        async fails() {
          const shown = await programWithout('bwrap', 'lazaret-manager', words);
          if (!/bubblewrap is not installed, so no plug-in runs/.test(shown.stdout)) throw new Error(shown.stdout);
          throw new AppError('PLUGIN_UNCONFINED', shown.stdout);
        },
        async remedy() {
          const doctor = await programWithout('bwrap', 'lazaret', ['doctor', '--socket', '/nowhere.sock']);
          if (!/NOT OK +program bwrap/.test(doctor.stderr)) throw new Error(doctor.stderr);
          const shown = await ended([join(BIN, 'lazaret-manager'), ...words]);
          if (!/the plug-in said yes/.test(shown.stdout)) throw new Error(shown.stdout);
        },
      };
    },
  ],
];

tryRemedies(REMEDIES, skip);
