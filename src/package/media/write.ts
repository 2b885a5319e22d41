import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { requireGoing } from '../../lib/interrupted.ts';
import {
  copyFileTo,
  copyProgram,
  fileBytes,
  isThere,
  moveFile,
  readCapped,
  removeFile,
  writeFileAtomic,
} from '../../sys/files/files.ts';
import { makeFolder, moveFolder, namesIn, removeFolder } from '../../sys/files/folders.ts';
import { temporaryBeside } from '../../sys/files/temporary.ts';
import { run } from '../../sys/programs/exec.ts';
import { MediumFile } from '../../sys/sources/medium-file.ts';
import { blobName } from '../blob-file.ts';
import { partsOf } from '../build/published.ts';
import { EncryptedFile } from '../encrypted/encrypted-file.ts';
import { INSTALL_FILE, LAZARET_FOLDER, MAX_DEBIAN_PACKAGE_BYTES } from '../installer/list.ts';
import { PackageManifest, PackagePointer } from '../manifest.ts';
import { firstBytes, PIECE_BYTES, volumeRoom } from './look.ts';
import { spread } from './spread.ts';
import { ENCRYPTED_FILE } from './table-of-contents.ts';
import { type Piece, pieceName, VOLUME_FILE, VolumeFile } from './volume-file.ts';

const MAX_SMALL_BYTES = 64 << 20;
const WRITE_MS = 6 * 3_600_000;
export const MEDIA = ['folder', 'tar', 'iso'] as const;
export type Medium = (typeof MEDIA)[number];

export interface MediaOptions {
  format: Medium;
  /** The largest that one volume may be; without it there is one, however large. */
  volumeBytes?: number;
  signal?: AbortSignal;
}

/**
 * Puts a package’s folder into what users will get instead of it: an archive, an image, several volumes. The folder goes when
 * all of them are complete; whenever this fails, it is still there and they are not.
 * @returns their paths
 * @throws USAGE (a volume would hold nothing), FILE_EXISTS, PROGRAM_MISSING, PROGRAM_FAILED, DISK_FULL, INTERRUPTED
 */
export async function writeMedia(folder: string, { format, volumeBytes, signal }: MediaOptions): Promise<string[]> {
  const blobs = await blobsOf(folder);
  const small = await smallFiles(folder);
  const first = await installerFiles(folder);
  const bytesOf = (files: readonly { bytes: number }[]) => files.map(({ bytes }) => bytes);
  const size = { blobs: bytesOf(blobs), small: bytesOf(small), first: bytesOf(first) };
  const roomBytes = volumeRoom(size, volumeBytes);
  if (roomBytes === undefined) {
    if (format === 'folder') return [folder];
    const path = await writeMedium(folder, `${folder}.${format}`, format, signal);
    await removeFolder(folder);
    return [path];
  }
  const pieces = spread(blobs, roomBytes, PIECE_BYTES, firstBytes(size));
  const volumes = pieces.at(-1)?.volume ?? 1;
  // What it is called lies in clear.
  const name = (await isEncrypted(folder)) ? 'encrypted' : basename(folder);
  const common = { format: 1, package: name, set: randomBytes(16).toString('hex'), volumes, pieces };
  const made: string[] = [];
  try {
    for (let volume = 1; volume <= volumes; volume += 1) {
      requireGoing(signal);
      const file = VolumeFile.parse({ ...common, volume });
      const besides = volume === 1 ? [...small, ...first] : small;
      made.push(await writeVolume(folder, besides, file, { format, ...(signal ? { signal } : {}) }));
    }
  } catch (error) {
    for (const path of made) await removeFolder(path);
    throw error;
  }
  await removeFolder(folder);
  return made;
}

/** The blobs of a package in the order in which an installation wants them: files first, then layers, bottom first. */
async function blobsOf(folder: string): Promise<{ sha256: string; bytes: number }[]> {
  const json = async (path: string) => JSON.parse((await readCapped(join(folder, path), MAX_SMALL_BYTES)).toString());
  if (await isEncrypted(folder)) {
    const { blob: sha256, bytes } = EncryptedFile.parse(await json(ENCRYPTED_FILE));
    return [{ sha256, bytes }];
  }
  const { manifest } = PackagePointer.parse(await json('package.json'));
  const target = (await namesIn(join(folder, 'targets'))).find((name) => name.endsWith(`.${manifest}`));
  const { machines } = PackageManifest.parse(await json(join('targets', target ?? manifest)));
  const parts = machines.flatMap(partsOf);
  const order = parts.map(({ blob }) => blob.sha256);
  const layers = new Set(parts.filter((part) => 'below' in part).map(({ blob }) => blob.sha256));
  const place = (sha256: string) => (layers.has(sha256) ? order.indexOf(sha256) : -1);
  const names = (await namesIn(join(folder, 'blobs'))).sort((a, b) => place(a) - place(b));
  return Promise.all(names.map(async (sha256) => ({ sha256, bytes: await fileBytes(join(folder, blobName(sha256))) })));
}

function isEncrypted(folder: string): Promise<boolean> {
  return isThere(join(folder, ENCRYPTED_FILE));
}

async function smallFiles(folder: string): Promise<{ path: string; bytes: number }[]> {
  const inside = async (name: string) => (await namesIn(join(folder, name))).map((file) => join(name, file));
  const names = (await isEncrypted(folder)) ? [ENCRYPTED_FILE] : ['package.json'];
  const paths = [...names, ...(await inside('metadata')), ...(await inside('targets'))];
  return Promise.all(paths.map(async (path) => ({ path, bytes: await fileBytes(join(folder, path)) })));
}

/** Lazaret itself and the script that installs it, where they go with the package. */
async function installerFiles(folder: string): Promise<{ path: string; bytes: number }[]> {
  if (!(await isThere(join(folder, INSTALL_FILE)))) return [];
  const names = await namesIn(join(folder, LAZARET_FOLDER));
  const paths = [INSTALL_FILE, ...names.map((name) => join(LAZARET_FOLDER, name))];
  return Promise.all(paths.map(async (path) => ({ path, bytes: await fileBytes(join(folder, path)) })));
}

async function writeVolume(
  folder: string,
  small: readonly { path: string }[],
  file: VolumeFile,
  { format, signal }: MediaOptions,
): Promise<string> {
  const target = `${folder}.vol${file.volume}${format === 'folder' ? '' : `.${format}`}`;
  if (await isThere(target)) throw new AppError('FILE_EXISTS', `${target} exists already`);
  const beside = temporaryBeside(target);
  try {
    for (const part of new Set(['blobs', ...small.map(({ path }) => dirname(path))]))
      await makeFolder(join(beside, part));
    for (const { path } of small) await copyInto(folder, beside, path);
    await writeFileAtomic(join(beside, VOLUME_FILE), JSON.stringify(file));
    for (const piece of file.pieces.filter(({ volume }) => volume === file.volume))
      await copyPiece(folder, beside, piece);
    if (format !== 'folder') return await writeMedium(beside, target, format, signal);
    await moveFolder(beside, target);
    return target;
  } finally {
    await removeFolder(beside);
  }
}

/** @throws FILE_*, DISK_FULL */
async function copyInto(folder: string, to: string, path: string): Promise<void> {
  const copy = path === INSTALL_FILE ? copyProgram : copyFileTo;
  await copy(join(folder, path), join(to, path), MAX_DEBIAN_PACKAGE_BYTES);
}

async function copyPiece(folder: string, to: string, piece: Piece): Promise<void> {
  await using blob = await MediumFile.open(join(folder, blobName(piece.blob)));
  if (!blob) throw new AppError('PACKAGE_INVALID', `${folder} lost a blob`);
  await blob.copyTo(join(to, pieceName(piece)), [{ offset: piece.from, bytes: piece.bytes }]);
}

async function writeMedium(folder: string, to: string, format: 'tar' | 'iso', signal?: AbortSignal): Promise<string> {
  requireGoing(signal);
  if (await isThere(to)) throw new AppError('FILE_EXISTS', `${to} exists already`);
  const beside = temporaryBeside(to);
  const options = { timeoutMs: WRITE_MS, ...(signal ? { signal } : {}) };
  const owner = ['--numeric-owner', '--owner=0', '--group=0', '--mode=u=rwX,go=rX'];
  try {
    if (format === 'tar') {
      await run('tar', ['--create', '--format=pax', '--sort=name', ...owner, '-f', beside, '-C', folder, '.'], options);
    } else {
      const names = ['-iso-level', '3', '-rational-rock', '-joliet', '-joliet-long', '-volid', 'LAZARET'];
      await run('xorriso', ['-as', 'mkisofs', '-quiet', ...names, '-o', beside, folder], options);
    }
    await moveFile(beside, to);
    return to;
  } finally {
    await removeFile(beside);
  }
}
