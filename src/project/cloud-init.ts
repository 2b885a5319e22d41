import { isMap, parseDocument } from 'yaml';
import { AppError } from '../lib/errors.ts';
import { readCapped } from '../sys/files/files.ts';

/** What clouds take at most is 16 to 64 KiB. */
const MAX_BYTES = 256 << 10;
const CONFIG = '#cloud-config';
/** With what else a file for cloud-init begins: a script, several files in one (MIME), addresses to fetch, one that it fills in itself. */
const OTHERS = ['#!', 'Content-Type: multipart/', 'MIME-Version:', '#include', '## template:', '#cloud-boothook'];

/**
 * A file for cloud-init (its user data), byte for byte. cloud-init passes over what it does not know and says so in the guest’s log alone, so
 * what can be seen here is said here.
 * @throws SEED_INVALID, FILE_TOO_LARGE, FILE_MISSING
 */
export async function readUserData(path: string): Promise<Buffer> {
  const bytes = await readCapped(path, MAX_BYTES);
  const text = utf8(bytes, path);
  const [first = ''] = text.split(/\r?\n/, 1);
  if (first.trimEnd() === CONFIG) requireConfig(text, path);
  else if (!OTHERS.some((mark) => first.startsWith(mark)))
    throw invalid(path, `begins with ${JSON.stringify(first.slice(0, 60))}, which cloud-init passes over`);
  return bytes;
}

function utf8(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new AppError('SEED_INVALID', `${path} is no text in UTF-8`, { cause });
  }
}

/** @throws SEED_INVALID */
function requireConfig(text: string, path: string): void {
  // Nothing is made of it: aliases, which cloud-init resolves, are not followed here. “silent” would pass over a second document.
  const { errors, contents } = parseDocument(text, { version: '1.1', logLevel: 'error' });
  const [error] = errors;
  if (error) throw invalid(path, `is not YAML: ${error.message.split('\n')[0]}`);
  if (!isMap(contents)) throw invalid(path, 'says nothing: behind its first line stands no `key: value`');
}

function invalid(path: string, what: string): AppError {
  return new AppError('SEED_INVALID', `${path} ${what}`);
}
