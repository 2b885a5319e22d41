import { fileURLToPath } from 'node:url';
import { AppError } from '../lib/errors.ts';
import { isThere } from '../sys/files/files.ts';
import { addressOf, shownAddress, sourceAt } from '../sys/sources/fetch.ts';
import { folderSource } from '../sys/sources/folder-source.ts';
import { MediumFile, mediumSource } from '../sys/sources/medium-file.ts';
import type { Source } from '../sys/sources/source.ts';
import { decrypted } from './encrypted/open.ts';
import { ISO_MARK, isIso, isoContents } from './media/iso.ts';
import { isTar, tarContents } from './media/tar.ts';
import { joinVolumes } from './media/volumes.ts';

/**
 * Opens what a package may be installed from: a folder, a tar archive, an ISO image, one of several volumes, or an address.
 * Archives and images are read in place, and so is what is encrypted: `secret` is the passphrase of it, or an identity of age.
 * @throws USAGE (no such kind of address), FILE_MISSING, PACKAGE_LOCKED, PACKAGE_SECRET, MEDIA_INVALID, VOLUME_MISSING, FILE_DENIED, FETCH_*
 */
export async function openSource(text: string, secret?: string): Promise<Source> {
  await requireThere(addressOf(text));
  const medium = await openMedium(text);
  let joined = medium;
  try {
    joined = await joinVolumes(medium, openMedium);
    return await decrypted(joined, secret);
  } catch (error) {
    await joined[Symbol.asyncDispose]();
    throw error;
  }
}

/** A wrong path is no package that lacks something. @throws FILE_MISSING */
async function requireThere(address: URL): Promise<void> {
  if (address.protocol !== 'file:') return;
  const path = fileURLToPath(address);
  if (!(await isThere(path))) throw new AppError('FILE_MISSING', `${path} is not there`, { details: { path } });
}

async function openMedium(text: string): Promise<Source> {
  const address = addressOf(text);
  if (address.protocol !== 'file:') return sourceAt(requireFolder(address));
  const path = fileURLToPath(address);
  const medium = await MediumFile.open(path);
  if (!medium) return folderSource(path);
  try {
    return mediumSource(medium, await contentsOf(medium));
  } catch (error) {
    await medium[Symbol.asyncDispose]();
    throw error;
  }
}

/** Archives and images are read in place only where they lie on this computer. @throws USAGE */
function requireFolder(address: URL): URL {
  const ending = /\.(tar|iso)$/i.exec(address.pathname)?.[0];
  if (ending === undefined) return address;
  const what = `${shownAddress(address)} is one ${ending} file: give the address of the package’s folder, or download the file and install from that`;
  throw new AppError('USAGE', what);
}

async function contentsOf(medium: MediumFile) {
  const { offset, bytes } = ISO_MARK;
  if (medium.size > offset + bytes && isIso(await medium.read(offset, bytes))) return isoContents(medium);
  if (isTar(await medium.read(0, Math.min(512, medium.size)))) return tarContents(medium);
  throw new AppError('MEDIA_INVALID', `${medium.path} is neither a tar archive nor an ISO image`);
}
