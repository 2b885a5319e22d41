import { carriedBlobs, publishedManifests } from '../../package/build/published.ts';
import type { PackageKind, PackageManifest } from '../../package/manifest.ts';
import { projectPaths } from '../../project/layout.ts';
import { openProject } from '../../project/open.ts';

/** A package that the project has published, for whoever looks over them. */
export interface ListedPackage {
  name: string;
  kind: PackageKind;
  generation: number;
  /** ISO times. */
  createdAt: string;
  expiresAt: string;
  /** Nothing older may be installed or rolled back to once this was. */
  minGeneration?: number;
  notes?: string;
  machines: { vm: string; release: number; layers: number; descriptor?: string }[];
  /** The machines whose policies it brings without them. */
  policies: string[];
  /** It brings rules for users’ computers themselves. */
  hasHostPolicy: boolean;
  /** What it carries, after the package before it. */
  blobBytes: number;
}

/** All packages of a project that were published, oldest first. @throws PROJECT_*, PROJECT_INVALID too where a package is damaged */
export async function listPackages(folder: string): Promise<ListedPackage[]> {
  await openProject(folder);
  const manifests = await publishedManifests(projectPaths(folder).packages);
  return manifests.map((manifest, at) => listed(manifest, manifests.slice(0, at)));
}

function listed(manifest: PackageManifest, earlier: readonly PackageManifest[]): ListedPackage {
  const { name, kind, generation, createdAt, expiresAt, minGeneration, notes, machines, policies, host } = manifest;
  const blobs = [...carriedBlobs(manifest, earlier).values()];
  return {
    ...{ name, kind, generation, createdAt, expiresAt },
    ...(minGeneration === undefined ? {} : { minGeneration }),
    ...(notes === undefined ? {} : { notes }),
    machines: machines.map(({ name: vm, release, layers, descriptor }) => ({
      ...{ vm, release, layers: layers.length },
      ...(descriptor === undefined ? {} : { descriptor }),
    })),
    policies: policies.map(({ vm }) => vm),
    hasHostPolicy: host !== undefined,
    blobBytes: blobs.reduce((sum, bytes) => sum + bytes, 0),
  };
}
