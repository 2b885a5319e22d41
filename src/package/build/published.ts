import { join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import type { PolicyDocument } from '../../policy/schema.ts';
import { fileBytes, readCapped } from '../../sys/files/files.ts';
import { namesIn } from '../../sys/files/folders.ts';
import { blobName } from '../blob-file.ts';
import { bootFiles } from '../boot-files.ts';
import type { SignedLazaret } from '../installer/list.ts';
import { PackageManifest, type PackedMachine, parseManifestTarget } from '../manifest.ts';
import type { PackageSize } from '../media/look.ts';

const MAX_MANIFEST_BYTES = 64 << 20;
/** What a file adds to the lists that are signed, and what else is small, generously. */
const LISTED_BYTES = 64 << 10;

/** The manifests of all packages this project has made, oldest first. @throws PROJECT_INVALID when one is damaged */
export async function publishedManifests(repository: string): Promise<PackageManifest[]> {
  const manifests: PackageManifest[] = [];
  for (const name of await namesIn(join(repository, 'targets'))) {
    if (!parseManifestTarget(name.replace(/^[0-9a-f]{64}\./, ''))) continue;
    const bytes = await readCapped(join(repository, 'targets', name), MAX_MANIFEST_BYTES);
    const { success, data } = PackageManifest.safeParse(jsonOrNothing(bytes.toString('utf8')));
    if (!success) throw new AppError('PROJECT_INVALID', `the published file ${name} is damaged`);
    manifests.push(data);
  }
  return manifests.sort((a, b) => a.generation - b.generation);
}

/**
 * Digests of what a computer has that took this machine from an earlier package: from the newest one, or from the one
 * that brought release `since`. Empty when there is none.
 * @throws USAGE when no package brought that release
 */
export function alreadyDelivered(
  manifests: readonly PackageManifest[],
  machine: { id: string; name: string },
  since?: number,
): Set<string> {
  const earlier = manifests.flatMap(({ machines }) => machines.filter(({ id }) => id === machine.id));
  const from = since === undefined ? earlier.at(-1) : earlier.find(({ release }) => release === since);
  if (since !== undefined && !from) {
    const releases = [...new Set(earlier.map(({ release }) => release))].sort((a, b) => a - b);
    const there = releases.length === 0 ? 'none brought any' : `there are ${releases.join(', ')}`;
    throw new AppError('USAGE', `no package brought release ${since} of ${machine.name}; ${there}`);
  }
  return new Set(from ? partsOf(from).map(({ sha256 }) => sha256) : []);
}

/**
 * The blobs that a package carries, with their lengths: an update lacks what was delivered before, a package of the policies of
 * machines has none of theirs.
 * @throws USAGE when no package brought release `since`
 */
export function carriedBlobs(
  { kind, machines, resources = [] }: PackageManifest,
  earlier: readonly PackageManifest[],
  since?: number,
): Map<string, number> {
  const delivered = (machine: PackedMachine) =>
    kind === 'full' ? new Set() : alreadyDelivered(earlier, machine, since);
  const carried = machines.flatMap((machine) => {
    const known = delivered(machine);
    return partsOf(machine).filter(({ sha256 }) => !known.has(sha256));
  });
  return new Map([...carried, ...resources].map(({ blob }) => [blob.sha256, blob.bytes]));
}

/** What a package’s folder will hold, about, whether it is signed already or not yet. */
export async function sizeToExport(
  repository: string,
  manifest: PackageManifest,
  { blobs, lazaret = [] }: { blobs: ReadonlyMap<string, number>; lazaret?: readonly SignedLazaret[] | undefined },
): Promise<PackageSize> {
  const metadata = (await namesIn(join(repository, 'metadata'))).map((name) => join(repository, 'metadata', name));
  const wanted = metadata.filter((path) => /root\.json$/.test(path));
  const roots = await Promise.all(wanted.map(fileBytes));
  const lists = await Promise.all(metadata.filter((path) => /\.targets\.json$/.test(path)).map(fileBytes));
  const manifestBytes = Buffer.byteLength(JSON.stringify(manifest));
  // One more file is listed than in the longest list so far.
  const first = await Promise.all(lazaret.map(({ sha256 }) => fileBytes(join(repository, blobName(sha256)))));
  return { blobs: [...blobs.values()], small: [...roots, manifestBytes, Math.max(0, ...lists) + LISTED_BYTES], first };
}

/** The policy that computers have of a machine which took every package: the newest that one of them brought. */
export function packagedPolicy(earlier: readonly PackageManifest[], vmId: string): PolicyDocument | undefined {
  return earlier
    .flatMap(({ machines, policies }) => [...machines.map(({ policy }) => policy), ...policies])
    .findLast((document) => document.vmId === vmId);
}

/** All that a machine is made of: its layers and its boot files. */
export function partsOf(machine: PackedMachine) {
  return [...machine.layers, ...bootFiles(machine)];
}
