import { z } from 'zod';
import type { PackageManifest } from '../../package/manifest.ts';
import { isThere } from '../../sys/files/files.ts';
import { readState, writeState } from './instances.ts';
import { computerPaths } from './layout.ts';

const ServerFile = z.strictObject({
  format: z.literal(1),
  /** Of the package that named it. */
  generation: z.int().min(1),
  packageServer: z.url().exactOptional(),
});

/** The address the project hands its packages out at, as the newest package installed here names it. */
export async function readPackageServer(state: string): Promise<string | undefined> {
  return (await read(state))?.packageServer;
}

/** Notes the address a package names; an older package changes nothing. */
export async function notePackageServer(
  state: string,
  { generation, packageServer }: Pick<PackageManifest, 'generation' | 'packageServer'>,
): Promise<void> {
  const known = await read(state);
  if (known && known.generation >= generation) return;
  const file = { format: 1, generation, ...(packageServer === undefined ? {} : { packageServer }) };
  await writeState(computerPaths(state).packageServer, file);
}

async function read(state: string) {
  const { packageServer } = computerPaths(state);
  return (await isThere(packageServer)) ? readState(packageServer, ServerFile) : undefined;
}
