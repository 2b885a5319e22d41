import { AppError } from '../../lib/errors.ts';
import { ageFileKey } from '../../sys/secrets/age-stream.ts';
import { AgeMedium, readAgeHead } from '../../sys/sources/age-medium.ts';
import { type Contents, mediumSource } from '../../sys/sources/medium-file.ts';
import type { Source } from '../../sys/sources/source.ts';
import { isIdentity } from '../../trust/age/recovery-key.ts';
import { whoKnows } from '../../trust/age/who-knows.ts';
import { blobName } from '../blob-file.ts';
import { LAZARET_FOLDER } from '../installer/list.ts';
import { headFileOf } from '../media/head-file.ts';
import { ENCRYPTED_FILE, TableOfContents } from '../media/table-of-contents.ts';
import { EncryptedFile, INDEX_FILE, Index, MAX_ENCRYPTED_FILE_BYTES, MAX_INDEX_BYTES } from './encrypted-file.ts';
import { BLOCK_BYTES, tarHeader } from './tar-header.ts';

const HEAD = { name: ENCRYPTED_FILE, schema: EncryptedFile, maxBytes: MAX_ENCRYPTED_FILE_BYTES };

/** What opens an encrypted package. */
type Asks = 'passphrase' | 'identity';

/**
 * What is in an encrypted package, read in place; a source that is not encrypted stays as it is. That it could be decrypted proves
 * nothing: what comes out is verified like any other source.
 * @throws PACKAGE_LOCKED (no secret was given), PACKAGE_SECRET (another one opens it), MEDIA_INVALID, FETCH_*, VOLUME_*
 */
export async function decrypted(source: Source, secret: string | undefined): Promise<Source> {
  const file = await headFileOf(source, HEAD);
  if (!file) return source;
  const age = { source, path: blobName(file.blob), bytes: file.bytes };
  const head = await readAgeHead(age);
  const asks: Asks = /^-> scrypt /m.test(head.header.toString('latin1')) ? 'passphrase' : 'identity';
  const what = { passphrase: 'its passphrase', identity: 'the identity file of one it was encrypted for' }[asks];
  const details = { asks };
  if (secret === undefined)
    throw new AppError('PACKAGE_LOCKED', `${source.name} is encrypted: ${what} opens it`, { details });
  const fileKey = await fileKeyOf(head.header, asks, secret).catch((error: unknown) => {
    throw new AppError('MEDIA_INVALID', `${source.name} is encrypted, and damaged or changed`, { cause: error });
  });
  if (!fileKey)
    throw new AppError('PACKAGE_SECRET', `${source.name} is not opened by what was given: ${what} does`, { details });
  const medium = new AgeMedium(age, head, fileKey);
  const inside = mediumSource(medium, await contentsOf(medium));
  // Lazaret itself lies beside it in clear.
  const isBeside = (path: string) => path.startsWith(`${LAZARET_FOLDER}/`);
  return { ...inside, open: (path, wanted) => (isBeside(path) ? source : inside).open(path, wanted) };
}

async function fileKeyOf(header: Buffer, asks: Asks, secret: string): Promise<Uint8Array | undefined> {
  if (asks === 'passphrase') return ageFileKey(header, whoKnows(secret));
  return isIdentity(secret) ? ageFileKey(header, secret) : undefined;
}

async function contentsOf(medium: AgeMedium): Promise<Contents> {
  const found = new TableOfContents(medium);
  const header = await medium.read(0, Math.min(BLOCK_BYTES, medium.size));
  const bytes = Number.parseInt(header.toString('latin1', 124, 135), 8);
  if (!(bytes <= MAX_INDEX_BYTES) || !header.equals(tarHeader(INDEX_FILE, bytes)))
    throw found.refusal('no index where it should begin');
  const text = (await medium.read(BLOCK_BYTES, bytes)).toString('utf8');
  for (const { path, offset, bytes: length } of parsed(text, found)) found.add(path, [{ offset, bytes: length }]);
  return found.package();
}

function parsed(text: string, found: TableOfContents): Index {
  try {
    return Index.parse(JSON.parse(text));
  } catch (error) {
    throw found.refusal('a damaged index', error);
  }
}
