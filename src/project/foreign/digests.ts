import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { isThere } from '../../sys/files/files.ts';
import { MAX_DESCRIPTION_BYTES } from './formats/text.ts';
import { type Holder, openPlace, type Place } from './holder.ts';
import { type Digest, MAX_MANIFEST_BYTES, readManifest, signerOf } from './manifest.ts';
import { type ImportNote, note } from './notes.ts';
import type { Archive } from './tar-archive.ts';

/** What a file must be, and is not yet known to be. */
export interface FoundDigest {
  place: Place;
  digest: Digest;
}

/** A package of the Open Virtualization Format: its description, which is what its manifest says. */
export interface OpenedPackage {
  name: string;
  description: Buffer;
  notes: readonly ImportNote[];
  /** What the manifest says of a file; nothing where there is none. @throws IMPORT_DIGEST for one that it leaves out */
  digestOf(place: Place): FoundDigest[];
}

/** @throws IMPORT_INVALID, IMPORT_DIGEST, FILE_* */
export async function openPackage(
  path: string,
  holder: Holder | Archive,
  signal?: AbortSignal,
): Promise<OpenedPackage> {
  const place = 'members' in holder ? descriptionIn(holder, path) : { path, name: path };
  const stem = basename(fileName(place), extname(fileName(place)));
  const description = await bytesOf(place, MAX_DESCRIPTION_BYTES, signal);
  const manifest = await besides(holder, `${stem}.mf`);
  if (!manifest) return { name: place.name, description, notes: [note('manifest-missing')], digestOf: () => [] };
  const bytes = await bytesOf(manifest, MAX_MANIFEST_BYTES, signal);
  const digests = readManifest(bytes.toString('utf8'), manifest.name);
  const digestOf = (of: Place) => {
    const digest = digests.get(fileName(of));
    if (!digest) throw new AppError('IMPORT_DIGEST', `${manifest.name} says nothing of ${fileName(of)}`);
    return [{ place: of, digest }];
  };
  for (const { digest } of digestOf(place))
    requireDigest(place, digest, createHash(digest.algorithm).update(description).digest('hex'));
  const certificate = await besides(holder, `${stem}.cert`);
  const signer =
    certificate &&
    signerOf((await bytesOf(certificate, MAX_MANIFEST_BYTES, signal)).toString('utf8'), bytes, certificate.name);
  return { name: place.name, description, notes: signer === undefined ? [] : [note('signer', { signer })], digestOf };
}

/** @throws IMPORT_DIGEST */
export function requireDigest({ name }: Place, { hex, algorithm }: Digest, found: string): void {
  if (hex === found) return;
  throw new AppError('IMPORT_DIGEST', `${name} is not what its manifest was made for`, {
    details: { algorithm, expected: hex, found },
  });
}

/** The first file of an OVA is its description. @throws IMPORT_INVALID */
function descriptionIn({ members }: Archive, path: string): Place {
  const found = members.find(({ name }) => name.toLowerCase().endsWith('.ovf'));
  if (!found) throw new AppError('IMPORT_INVALID', `${path} is no OVA: there is no .ovf in it`);
  return found;
}

async function besides(holder: Holder, name: string): Promise<Place | undefined> {
  try {
    const place = await holder.place(name);
    return place.within || (await isThere(place.path)) ? place : undefined;
  } catch (error) {
    if (error instanceof AppError && error.code === 'FILE_MISSING') return undefined;
    throw error;
  }
}

async function bytesOf(place: Place, maxBytes: number, signal?: AbortSignal): Promise<Buffer> {
  await using opened = await openPlace(place, signal);
  const { image } = opened;
  if (image.size > maxBytes) throw new AppError('FILE_TOO_LARGE', `${place.name} is longer than such files are`);
  return await image.part(0, image.size);
}

/** What the file itself is called, within its folder or archive. */
function fileName({ name, path, within }: Place): string {
  return within ? name.slice(path.length + 2) : basename(name);
}
