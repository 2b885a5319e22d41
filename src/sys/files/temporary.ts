import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';

/** So much of a name has room in a name of 255 bytes, with what stands around it. */
const MOST_BYTES = 230;

/** A name in the same folder that `removeTemporary` recognises after a crash. */
export function temporaryBeside(path: string): string {
  const name = Buffer.from(basename(path))
    .subarray(0, MOST_BYTES)
    .toString()
    .replace(/\uFFFD+$/u, '');
  return join(dirname(path), `.${name}.${randomBytes(6).toString('hex')}.tmp`);
}

/** Whether a name is one of those. */
export function isTemporary(name: string): boolean {
  return /^\..*\.[0-9a-f]{12}\.tmp$/s.test(name);
}
