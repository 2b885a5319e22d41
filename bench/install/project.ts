import { join } from 'node:path';
import { foundProject } from '../../src/manager/found-project.ts';
import { type BuildOptions, buildPackage } from '../../src/package/build/build.ts';
import { keyPath } from '../../src/project/layout.ts';
import { addVm } from '../../src/project/make.ts';
import { openProject } from '../../src/project/open.ts';
import { openKeyFile } from '../../src/trust/sign/keys.ts';

const PASSPHRASE = 'correct horse';
const YEAR_MS = 365 * 86_400_000;

/** A project with machines whose disk this is, and its packages: each call builds another. */
export async function benchProject(folder: string, disk: string, names: readonly string[] = ['office']) {
  const now = Date.now();
  const { fingerprint } = await foundProject(folder, { name: 'Bench', passphrase: PASSPHRASE, now });
  const hardware = { memoryMiB: 64, cpus: 1, firmware: 'bios' } as const;
  const diskFormat = disk.endsWith('.raw') ? { diskFormat: 'raw' as const } : {};
  for (const name of names) await addVm(await openProject(folder), { name, hardware, disk, ...diskFormat });
  const key = await openKeyFile(keyPath(folder, 'release'), PASSPHRASE);
  const usual = {
    force: true,
    vms: [],
    out: join(folder, 'out'),
    mode: 'small',
    key,
    now,
    validForMs: YEAR_MS,
  } as const;
  return {
    fingerprint,
    build: async (name: string, kind: BuildOptions['kind'], more: Partial<BuildOptions> = {}) =>
      (await buildPackage(await openProject(folder), { ...usual, name, kind, ...more })).folder,
  };
}
