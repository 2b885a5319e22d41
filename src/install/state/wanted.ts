import { join } from 'node:path';
import { z } from 'zod';
import { Sha256 } from '../../layer/entry.ts';
import { fileBytes, removeFile } from '../../sys/files/files.ts';
import { namesIn } from '../../sys/files/folders.ts';
import type { InstallPlan } from '../plan/plan.ts';
import { readIfWhole, writeState } from './instances.ts';
import { computerPaths, filePath, layerPath, packedPath } from './layout.ts';

/** `staging/wanted.json`: what the installations that are under way, or were broken off, are to bring. */
const WantedFile = z.strictObject({
  format: z.literal(1),
  layers: z.array(Sha256),
  files: z.array(Sha256),
  blobs: z.array(Sha256),
});

/** A blob on its way: what has arrived of it, and beside it which version of whose file that is. */
export interface PartPaths {
  part: string;
  origin: string;
}

export function partPaths(state: string, sha256: string): PartPaths {
  const part = join(computerPaths(state).staging, `${sha256}.part`);
  return { part, origin: `${part}.json` };
}

/** How many bytes have arrived of each blob on its way, by its digest. */
export async function stagedBytes(state: string): Promise<Map<string, number>> {
  const names = await namesIn(computerPaths(state).staging);
  const digests = names.filter((name) => /^[0-9a-f]{64}\.part$/.test(name)).map((name) => name.slice(0, 64));
  const arrived = digests.map(async (sha256) => [sha256, await fileBytes(partPaths(state, sha256).part)] as const);
  return new Map(await Promise.all(arrived));
}

/** Notes what installations bring, so that a second attempt finds what the first fetched; what others fetched goes, but for these parts. */
export async function writeWanted(
  state: string,
  plans: readonly Pick<InstallPlan, 'layers' | 'files'>[],
  parts: readonly PartPaths[],
): Promise<void> {
  const digests = (entries: readonly { sha256: string }[]) => [...new Set(entries.map(({ sha256 }) => sha256))];
  const [layers, files] = [plans.flatMap((plan) => plan.layers), plans.flatMap((plan) => plan.files)];
  const blobs = digests([...layers, ...files].map(({ blob }) => blob));
  const { staging, wanted } = computerPaths(state);
  const paths = [...blobs.map((sha256) => partPaths(state, sha256)), ...parts];
  const keep = new Set([...paths.flatMap(({ part, origin }) => [part, origin]), wanted]);
  for (const path of (await namesIn(staging)).map((name) => join(staging, name)))
    if (!keep.has(path)) await removeFile(path);
  await writeState(wanted, { format: 1, layers: digests(layers), files: digests(files), blobs });
}

/** Every installation is complete. */
export async function forgetWanted(state: string): Promise<void> {
  await removeFile(computerPaths(state).wanted);
}

/** Files that belong to a broken installation and are kept until another one begins or is complete. */
export async function wantedPaths(state: string): Promise<Set<string>> {
  const { wanted } = computerPaths(state);
  const file = await readIfWhole(wanted, WantedFile);
  if (!file) return new Set();
  return new Set([
    wanted,
    ...file.layers.map((sha256) => layerPath(state, sha256)),
    ...file.files.map((sha256) => filePath(state, sha256)),
    ...file.blobs.flatMap((sha256) => [...Object.values(partPaths(state, sha256)), packedPath(state, { sha256 })]),
  ]);
}

const OriginFile = z.strictObject({ format: z.literal(1), source: z.string(), tag: z.string().max(1000) });

/** What tells the version of which a part is there, when it came from this source: only there does a tag mean anything. */
export async function readOrigin(path: string, source: string): Promise<string | undefined> {
  const origin = await readIfWhole(path, OriginFile);
  return origin?.source === source ? origin.tag : undefined;
}

export async function writeOrigin(path: string, source: string, tag: string | undefined): Promise<void> {
  if (tag === undefined || tag.length > 1000) await removeFile(path);
  else await writeState(path, { format: 1, source, tag });
}
