import { z } from 'zod';
import type { PackageManifest } from '../../package/manifest.ts';
import { readIfWhole, writeState } from './instances.ts';
import { computerPaths } from './layout.ts';

const ServerFile = z.strictObject({
  format: z.literal(1),
  /** Of the package that named it. */
  generation: z.int().min(1),
  packageServer: z.url().exactOptional(),
});

/** The address the project hands its packages out at, as the newest package installed here names it; a damaged file names none. */
export async function readPackageServer(state: string): Promise<string | undefined> {
  return (await read(state))?.packageServer;
}

/** The generation of the newest package that was installed here; 0 where that is not known. */
export async function packageServerGeneration(state: string): Promise<number> {
  return (await read(state))?.generation ?? 0;
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

function read(state: string) {
  return readIfWhole(computerPaths(state).packageServer, ServerFile);
}
