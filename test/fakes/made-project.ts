import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { computerPaths } from '../../src/install/state/layout.ts';
import { foundProject } from '../../src/manager/found-project.ts';
import { type BuildOptions, type BuiltPackage, buildPackage } from '../../src/package/build/build.ts';
import { deploy } from '../../src/package/build/publish-policies.ts';
import type { HostPolicy } from '../../src/policy/host.ts';
import type { Domain } from '../../src/policy/parts/domain.ts';
import type { Quarantine } from '../../src/policy/quarantine.ts';
import type { MachinePolicy } from '../../src/policy/schema.ts';
import { keyPath, vmPaths } from '../../src/project/layout.ts';
import { addVm } from '../../src/project/make.ts';
import { openProject, vmNamed } from '../../src/project/open.ts';
import { savePolicy, saveProjectFile } from '../../src/project/save.ts';
import { run } from '../../src/sys/programs/exec.ts';
import { openKeyFile } from '../../src/trust/sign/keys.ts';
import { guessCheaply } from '../../src/trust/verifier.ts';

export const PASSPHRASE = 'correct horse';
const YEAR_MS = 365 * 86_400_000;
/** A real project’s keys take a guess a quarter of a second; each test makes five keys, and opens them many times. */
const KEY_ITERATIONS = 1000;
guessCheaply();

/** A test, or whatever else ends and puts away then what it made. */
export interface Ends {
  after(work: () => unknown): void;
}

/** A temporary folder that goes with the test, and with it what a state folder has beside it. */
export function scratch(t: Ends): string {
  const folder = mkdtempSync(join(tmpdir(), 'lazaret-test-'));
  t.after(() => {
    for (const each of [folder, computerPaths(folder).seal]) rmSync(each, { recursive: true, force: true });
  });
  return folder;
}

/** A real project with one machine `office` whose disk holds 1 MiB of noise, and what an administrator does with it. */
export async function madeProject(
  t: Ends,
  name = 'Acme',
  now = Date.now(),
  { diskBytes = 1 << 20, ...more }: { dataDiskMiB?: number; diskBytes?: number; firmware?: 'uefi'; tpm?: true } = {},
) {
  const work = scratch(t);
  const folder = join(work, 'project');
  const identity = await foundProject(folder, {
    name,
    passphrase: PASSPHRASE,
    now,
    policyServer: `file://${folder}/published/policies`,
    keyIterations: KEY_ITERATIONS,
  });
  const disk = join(work, 'disk.raw');
  writeFileSync(disk, randomBytes(diskBytes));
  await addVm(await openProject(folder), {
    name: 'office',
    hardware: { memoryMiB: 64, cpus: 1, firmware: 'bios', ...more },
    disk,
    diskFormat: 'raw',
  });
  return {
    ...identity,
    folder,
    out: join(work, 'out'),

    async setQuarantine(quarantine: Quarantine): Promise<void> {
      await this.setPolicy({ quarantine });
    },

    /** Changes what holds for the whole project; what is undefined goes. */
    async setProject(change: {
      host?: HostPolicy | undefined;
      packageServer?: string;
      policyServer?: string;
      domain?: Domain;
    }): Promise<void> {
      const project = await openProject(folder);
      const { host: _, ...rest } = project.file.value;
      const { host, ...others } = change;
      await saveProjectFile(project, { ...rest, ...(host ? { host } : {}), ...others });
    },

    /** Adds another machine with the same disk. */
    async addVm(name: string): Promise<void> {
      const hardware = { memoryMiB: 64, cpus: 1, firmware: 'bios' } as const;
      await addVm(await openProject(folder), { name, hardware, disk, diskFormat: 'raw' });
    },

    /** Changes some of the machine’s policies. */
    async setPolicy(change: Partial<MachinePolicy>, name = 'office'): Promise<void> {
      const vm = vmNamed(await openProject(folder), name);
      await savePolicy(vm, { ...vm.policy.value, ...change });
    },

    async deployed(at = now, validForMs = YEAR_MS) {
      const key = await openKeyFile(keyPath(folder, 'policy'), PASSPHRASE);
      return deploy(await openProject(folder), { key, now: at, validForMs });
    },

    /** The same, of which the serial matters alone. */
    async deploy(at = now, validForMs = YEAR_MS): Promise<number> {
      return (await this.deployed(at, validForMs)).serial;
    },

    build: (packageName: string, change: Partial<BuildOptions> = {}) =>
      buildIn(folder, join(work, 'out'), now, { name: packageName, ...change }),

    /** The same in a copy of this project. */
    in: (copy: string, out: string) => ({
      build: (packageName: string, change: Partial<BuildOptions> = {}) =>
        buildIn(copy, out, now, { name: packageName, ...change }),
    }),

    /** Writes noise to the machine’s working disk, as its guest would. */
    async changeDisk(offset: number): Promise<void> {
      const { work: image } = vmPaths(folder, 'office');
      const pattern = `write -P ${randomBytes(1)[0]} ${offset} 64k`;
      await run('qemu-io', ['-f', 'qcow2', '-c', pattern, image]);
    },
  };
}

async function buildIn(
  folder: string,
  out: string,
  now: number,
  change: Partial<BuildOptions> & { name: string },
): Promise<BuiltPackage> {
  const key = await openKeyFile(keyPath(folder, 'release'), PASSPHRASE);
  // Most tests are not about whether a package brings anything.
  const usual = { kind: 'full', vms: [], out, mode: 'fast', key, now, validForMs: YEAR_MS, force: true } as const;
  return buildPackage(await openProject(folder), { ...usual, ...change });
}
