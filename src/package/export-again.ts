import { join } from 'node:path';
import { AppError } from '../lib/errors.ts';
import { projectPaths } from '../project/layout.ts';
import type { Project } from '../project/open.ts';
import { isThere } from '../sys/files/files.ts';
import { exportPackage } from './build/export.ts';
import { carriedBlobs, publishedManifests, sizeToExport } from './build/published.ts';
import { forgetUnfinishedOf } from './build/unfinished.ts';
import { encryptedSize } from './encrypted/encrypted-file.ts';
import type { EncryptTo } from './encrypted/recipients.ts';
import { listedIn, publishedList } from './installer/published.ts';
import { manifestTarget } from './manifest.ts';
import type { PackageSize } from './media/look.ts';

export interface ExportOptions {
  /** Of the published package. */
  name: string;
  /** The folder that receives the package’s own folder. */
  out: string;
  /** As the package was made with it: an update carries what came after this release. */
  since?: number;
  /** Whom alone its folder is for; without it, for everybody. */
  encryptTo?: EncryptTo;
  /** The Lazaret that the project hands out goes with it. */
  withLazaret?: boolean;
  /** Looks whether it can be written as is wanted, and throws where not. */
  look: (folder: string, size: PackageSize) => Promise<void>;
}

/**
 * Writes a package that is published once more to a folder of its own, signed as it was.
 * @throws USAGE (no such package), PACKAGE_EXISTS, FILE_MISSING (a blob is gone), DISK_FULL, and what `look` throws
 */
export async function exportAgain(
  project: Project,
  { name, out, since, encryptTo, withLazaret = false, look }: ExportOptions,
): Promise<{ folder: string; generation: number }> {
  const repository = projectPaths(project.folder).packages;
  const manifests = await publishedManifests(repository);
  const manifest = manifests.find((each) => each.name === name);
  if (!manifest) {
    const names = manifests.map((each) => each.name).join(', ');
    throw new AppError('USAGE', `no package ${name} is published${names === '' ? '' : `; there are ${names}`}`);
  }
  const folder = join(out, name);
  if (await isThere(folder)) throw new AppError('PACKAGE_EXISTS', `${folder} is there already`);
  const { generation } = manifest;
  const earlier = manifests.filter((each) => each.generation < generation);
  const blobs = carriedBlobs(manifest, earlier, since);
  const list = withLazaret ? await publishedList(repository) : undefined;
  if (withLazaret && list === undefined)
    throw new AppError(
      'USAGE',
      'the project hands out no Lazaret yet: lazaret-manager package create --with-lazaret FOLDER',
    );
  const lazaret = list === undefined ? [] : await listedIn(repository, list);
  const size = await sizeToExport(repository, manifest, { blobs, lazaret });
  await look(folder, encryptTo ? encryptedSize(size) : size);
  const target = manifestTarget(generation, name);
  const carried = { blobs: [...blobs.keys()], ...(list === undefined ? {} : { lazaret: list }) };
  await exportPackage(repository, { folder, target, ...carried, encryptTo });
  await forgetUnfinishedOf(repository, target);
  return { folder, generation };
}
