import type { PackageManifest } from '../manifest.ts';
import { partsOf } from './published.ts';

/** How much of a package is a machine’s, or its resources’. */
export interface PartSize {
  name: string;
  bytes: number;
}

/** What the blobs that a package carries are for. A blob that several parts need is the first one’s: the package has it once. */
export function partSizes(
  { machines, resources = [] }: Pick<PackageManifest, 'machines' | 'resources'>,
  carried: ReadonlyMap<string, number>,
): PartSize[] {
  const counted = new Set<string>();
  const sizeOf = (digests: readonly string[]) => {
    const own = [...new Set(digests)].filter((digest) => carried.has(digest) && !counted.has(digest));
    for (const digest of own) counted.add(digest);
    return own.reduce((sum, digest) => sum + (carried.get(digest) ?? 0), 0);
  };
  const ofMachines = machines.map((machine) => ({
    name: machine.name,
    bytes: sizeOf(partsOf(machine).map(({ blob }) => blob.sha256)),
  }));
  const others =
    resources.length > 0 ? [{ name: 'resources', bytes: sizeOf(resources.map(({ blob }) => blob.sha256)) }] : [];
  return [...ofMachines, ...others];
}
