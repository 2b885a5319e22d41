import { basename, dirname, join, resolve } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { isLink, isThere } from '../../sys/files/files.ts';
import { namesIn } from '../../sys/files/folders.ts';
import { ImageFile, type Within } from '../../sys/image-file.ts';
import { volumeIn } from './volume.ts';

/** Where a file lies: by its path, or within another one. */
export interface Place {
  path: string;
  /** What people call it. */
  name: string;
  within?: Within;
}

/** What holds the files of a machine: the folder of its description, or an archive. */
export interface Holder {
  /** Where a file lies that a description names. @throws IMPORT_ELSEWHERE, FILE_MISSING */
  place(name: string): Promise<Place>;
}

/**
 * The files of one folder. Whoever wrote a description could name any file of the administrator’s computer in it, which would
 * then go to users: a name that leads out of its folder is refused. A volume of oVirt’s lies in the folder of its image.
 */
export function folderHolder(folder: string): Holder {
  return {
    async place(name) {
      const volume = await volumePlace(resolve(folder), name);
      if (volume) return volume;
      const told = resolve(folder, name.replace(/^file:\/\//, ''));
      const isHere = dirname(told) === resolve(folder) && !name.includes('\\') && !/\p{Cc}/u.test(name);
      if (!isHere) throw elsewhere(name, 'is not in the folder of its description');
      const path = await asOnDisk(told);
      if (await isLink(path)) throw elsewhere(path, 'is a link, which could lead anywhere');
      return { path, name: path };
    },
  };
}

/** A volume beside its description, or below the images of the export domain that the description lies in, as oVirt leaves it. */
async function volumePlace(folder: string, name: string): Promise<Place | undefined> {
  const volume = volumeIn(name);
  if (!volume) return undefined;
  const vms = dirname(folder);
  const isInDomain = basename(vms) === 'vms' && basename(dirname(vms)) === 'master';
  for (const images of [folder, join(folder, 'images'), ...(isInDomain ? [join(vms, '..', '..', 'images')] : [])]) {
    const image = join(images, volume.image);
    const path = join(image, volume.volume);
    if (!(await isThere(path))) continue;
    for (const each of [images === folder ? image : images, image, path])
      if (await isLink(each)) throw elsewhere(each, 'is a link, which could lead anywhere');
    return { path, name: path };
  }
  return undefined;
}

/** Who wrote the description on Windows may have taken capitals for small letters; where that fits two files, it fits none. */
async function asOnDisk(told: string): Promise<string> {
  if (await isThere(told)) return told;
  const folder = dirname(told);
  const alike = (await namesIn(folder)).filter((name) => name.toLowerCase() === basename(told).toLowerCase());
  return alike.length === 1 ? join(folder, ...alike) : told;
}

function elsewhere(name: string, what: string): AppError {
  return new AppError('IMPORT_ELSEWHERE', `${JSON.stringify(name)} ${what}: nothing else of this computer is taken`);
}

/** Opens what lies there, to look at it. @throws as ImageFile.open, DISK_CUT */
export async function openPlace(
  { path, within }: Place,
  signal?: AbortSignal,
): Promise<AsyncDisposable & { image: ImageFile }> {
  const file = await ImageFile.open(path, signal);
  try {
    return { image: within ? file.within(within) : file, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
  } catch (error) {
    await file[Symbol.asyncDispose]();
    throw error;
  }
}
