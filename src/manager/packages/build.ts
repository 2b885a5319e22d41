import { join } from 'node:path';
import { type BuildOptions, type BuiltPackage, buildPackage, unwritten } from '../../package/build/build.ts';
import type { EncryptTo } from '../../package/encrypted/recipients.ts';
import { exportAgain } from '../../package/export-again.ts';
import { type PackageSize, requireWritable } from '../../package/media/look.ts';
import { type MediaOptions, writeMedia } from '../../package/media/write.ts';
import { withProject } from '../../project/save.ts';
import { openSigning, type Signer } from '../signing.ts';

/** A package that is wanted: what is in it, what of it users get, and how hard to compress. */
export type WantedPackage = Omit<BuildOptions, 'key' | 'now' | 'look' | 'signal' | 'onProgress' | 'steps'> & {
  media: Omit<MediaOptions, 'signal'>;
};

export interface Building {
  signer: Signer;
  tell: (news: BuildNews) => void;
  signal: AbortSignal;
}

/** How far a build is: it packs each machine, then it writes what users get. */
type BuildNews = { kind: 'packing'; vm: string; doneBytes: number; totalBytes: number } | { kind: 'writing' };

/**
 * Builds, signs and publishes a package, and writes what users get of it.
 * @returns the package as it was built, with the paths of what users get
 * @throws PROJECT_*, CLOCK_CONFIRM, CLOCK_SIGNED_AHEAD, KEY_*, and as buildPackage and writeMedia
 */
export async function buildAndWrite(
  folder: string,
  { media, ...wanted }: WantedPackage,
  { signer, tell, signal }: Building,
): Promise<BuiltPackage & { paths: string[] }> {
  return withProject(folder, async (project) => {
    const signing = await openSigning(project, 'release', signer, signal);
    const look = (out: string, size: PackageSize) => requireWritable(out, size, media);
    const onProgress = (vm: string, doneBytes: number, totalBytes: number) =>
      tell({ kind: 'packing', vm, doneBytes, totalBytes });
    const built = await buildPackage(project, { ...wanted, ...signing, onProgress, look, signal });
    tell({ kind: 'writing' });
    return { ...built, paths: await writeOr(wanted.name, () => writeMedia(built.folder, { ...media, signal })) };
  });
}

/** The package stands: what keeps its media from being written is said with what to do. */
async function writeOr(name: string, write: () => Promise<string[]>): Promise<string[]> {
  try {
    return await write();
  } catch (error) {
    throw unwritten(name, error);
  }
}

/** A published package that is wanted once more. */
export interface WantedAgain {
  name: string;
  /** The folder that receives the package’s own folder. */
  out: string;
  /** The release that an update was made with. */
  since?: number;
  encryptTo?: EncryptTo;
  /** The Lazaret that the project hands out goes with it. */
  withLazaret?: boolean;
  media: MediaOptions;
}

/** Writes a package that is published once more, signed as it was. @throws PROJECT_*, and as exportAgain and writeMedia */
export async function writeAgain(
  folder: string,
  { media, ...wanted }: WantedAgain,
): Promise<{ generation: number; paths: string[] }> {
  const look = (out: string, size: PackageSize) => requireWritable(out, size, media);
  return withProject(folder, async (project) => {
    const { generation } = await exportAgain(project, { ...wanted, look });
    return { generation, paths: await writeMedia(join(wanted.out, wanted.name), media) };
  });
}
