import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';

/** A name in the same folder that `removeTemporary` recognises after a crash. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
}
