import { cpSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { reimage, requireReimage } from '../../src/install/change/back/reimage.ts';
import { rollBack } from '../../src/install/change/back/rollback.ts';
import { removable, requireConfirmed, uninstall } from '../../src/install/change/back/uninstall.ts';
import { updateFromServer } from '../../src/install/change/update.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { ROOT } from '../../src/install/state/machine/owner.ts';
import { HostPolicy } from '../../src/policy/host.ts';
import { openProject } from '../../src/project/open.ts';
import { saveProjectFile } from '../../src/project/save.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { computer } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';
import { type Remedy, tryRemedies } from '../fakes/remedy.ts';
import { fill, makeRoom, smallDisk } from '../fakes/small-disk.ts';

const skip =
  hasProgram('qemu-img') && process.getuid?.() === 0 ? false : 'qemu-img is not installed, or only root may mount';

/** What a user meets with what is installed. */
const REMEDIES: Remedy[] = [
  [
    'TRUST_CONFIRM',
    async (t) => {
      const { install, one } = await first(t);
      return {
        fails: () => install(one),
        remedy: (error) => install(one, { fingerprint: String(error.details['fingerprint']) }),
      };
    },
  ],
  [
    'TRUST_FLOOR',
    async (t) => {
      const { project, install, state, fingerprint, one } = await first(t);
      await install(one, { fingerprint });
      await project.build('two', { minGeneration: 2 });
      const { folder } = await project.build('three', { kind: 'full' });
      const old = await project.build('four', { kind: 'full', minGeneration: 4 });
      await install(folder, { replace: true, keepOld: true });
      const { folder: newest } = await project.build('five', { minGeneration: 5 });
      await install(old.folder, { replace: true, keepOld: true });
      return { fails: () => rollBack(state, 'office'), remedy: () => install(newest, { replace: true }) };
    },
  ],
  [
    'TRUST_ROLLBACK',
    async (t) => {
      const { project, install, fingerprint, one } = await first(t);
      const two = await project.build('two');
      await install(two.folder, { fingerprint });
      return { fails: () => install(one, { replace: true }), remedy: () => install(two.folder) };
    },
  ],
  [
    'TRUST_DIGEST',
    async (t) => {
      const { install, fingerprint, one } = await first(t);
      const copy = damagedCopy(t, one, 'targets');
      return { fails: () => install(copy, { fingerprint }), remedy: () => install(one, { fingerprint }) };
    },
  ],
  [
    'FETCH_FAILED',
    async (t) => {
      const { install, fingerprint, one } = await first(t);
      const copy = damagedCopy(t, one, 'blobs');
      return { fails: () => install(copy, { fingerprint }), remedy: () => install(one, { fingerprint }) };
    },
  ],
  [
    'INSTALL_CONFIRM',
    async (t) => {
      const { project, install, fingerprint, one } = await first(t);
      await install(one, { fingerprint });
      const { folder } = await project.build('two');
      return { fails: () => install(folder), remedy: () => install(folder, { replace: true }) };
    },
  ],
  [
    'UNINSTALL_CONFIRM',
    async (t) => {
      const { install, state, fingerprint, one } = await first(t);
      await install(one, { fingerprint });
      const remove = async (isConfirmed: boolean) => {
        requireConfirmed(await removable(state, ['office'], ROOT), isConfirmed);
        await uninstall(state, 'office');
      };
      return { fails: () => remove(false), remedy: () => remove(true) };
    },
  ],
  [
    'REIMAGE_FORBIDDEN',
    async (t) => {
      const { project, install, state, fingerprint, one } = await first(t);
      await install(one, { fingerprint });
      return {
        fails: async () => requireReimage(await openInstance(state, 'office'), false, true),
        async remedy() {
          await project.setPolicy({ reimage: { enabled: true } });
          await install((await project.build('two')).folder, { replace: true });
          await reimage(state, 'office', { dataDisk: false });
        },
      };
    },
  ],
  [
    'REIMAGE_CONFIRM',
    async (t) => {
      const { project, install, state, fingerprint } = await first(t);
      await project.setPolicy({ reimage: { enabled: true } });
      await install((await project.build('two')).folder, { fingerprint });
      const ask = async (isConfirmed: boolean) => {
        requireReimage(await openInstance(state, 'office'), false, isConfirmed);
        await reimage(state, 'office', { dataDisk: false });
      };
      return { fails: () => ask(false), remedy: () => ask(true) };
    },
  ],
  [
    'HOST_CONFIRM',
    async (t) => {
      const { project, install, fingerprint } = await first(t);
      await project.setProject({ host: HostPolicy.parse({ default: { mode: 'whitelist' } }) });
      const { folder } = await project.build('two');
      return {
        fails: () => install(folder, { fingerprint }),
        remedy: (error) => install(folder, { fingerprint, consentTo: String(error.details['digest']) }),
      };
    },
  ],
  [
    'ROLLBACK_NONE',
    async (t) => {
      const { project, install, state, fingerprint, one } = await first(t);
      await install(one, { fingerprint });
      return {
        fails: () => rollBack(state, 'office'),
        async remedy() {
          await install((await project.build('two')).folder, { replace: true, keepOld: true });
          await rollBack(state, 'office');
        },
      };
    },
  ],
  [
    'UPDATE_ADDRESS',
    async (t) => {
      const { project, install, state, fingerprint, one } = await first(t);
      await install(one, { fingerprint });
      const update = () => updateOf(state, false);
      return {
        fails: update,
        async remedy() {
          await named(project.folder);
          await install((await project.build('two')).folder, { replace: true });
          await update();
        },
      };
    },
  ],
  [
    'UPDATE_FULL',
    async (t) => {
      const { project, install, state, fingerprint, one } = await first(t);
      await named(project.folder);
      await install(one, { fingerprint });
      await install((await project.build('two')).folder, { replace: true });
      await project.changeDisk(0);
      await project.build('three', { kind: 'update' });
      await project.changeDisk(1 << 16);
      await project.build('four', { kind: 'update' });
      const { layers } = (await openInstance(state, 'office')).current.machine;
      truncateSync(join(state, 'layers', `${layers[0]?.sha256}.qcow2`), 0);
      writeFileSync(join(state, 'damaged.json'), JSON.stringify({ format: 1, digests: [layers[0]?.sha256] }));
      return { fails: () => updateOf(state, false), remedy: () => updateOf(state, true) };
    },
  ],
  [
    'PACKAGE_EXISTS',
    async (t) => {
      const { project } = await first(t);
      return { fails: () => project.build('one'), remedy: () => project.build('other') };
    },
  ],
  [
    'DISK_FULL',
    async (t) => {
      const { fingerprint, one } = await first(t);
      const state = await smallDisk(t, 96 << 20);
      fill(state);
      const { install } = computer(t, Date.now(), state);
      return {
        fails: () => install(one, { fingerprint }),
        remedy() {
          makeRoom(state);
          return install(one, { fingerprint });
        },
      };
    },
  ],
];

tryRemedies(REMEDIES, skip);

/** A project with one package, and a computer that has nothing. */
async function first(t: TestContext) {
  const project = await madeProject(t);
  const { folder } = await project.build('one');
  return { project, ...computer(t), fingerprint: project.fingerprint, one: folder };
}

/** The package with one file cut short. */
function damagedCopy(t: TestContext, folder: string, part: string): string {
  const copy = join(scratch(t), 'copy');
  cpSync(folder, copy, { recursive: true });
  const [name = ''] = readdirSync(join(copy, part));
  truncateSync(join(copy, part, name), 1000);
  return copy;
}

/** The project names where its packages are. */
async function named(folder: string): Promise<void> {
  const opened = await openProject(folder);
  await saveProjectFile(opened, { ...opened.file.value, packageServer: `file://${folder}/published/packages` });
}

function updateOf(state: string, full: boolean) {
  return updateFromServer(
    { full, replace: true, keepOld: false },
    {
      ...{ state, running: () => new Map<string, number>(), now: Date.now() },
      ...{ signal: new AbortController().signal, onProgress: () => undefined },
    },
  );
}
