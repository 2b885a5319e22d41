import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import { readCapped } from '../../sys/files/files.ts';
import { readPrivate } from '../../sys/files/private-file.ts';

const MAX_BYTES = 64 << 10;
const MAX_CA_BYTES = 1 << 20;

/** Whom a directory knows us as. */
export interface DirectoryAccount {
  user: string;
  password: string;
  /** The certificates that may vouch for the directory; without it, those that the system trusts. */
  ca?: Buffer;
}

/** `directory.json` of a computer: the account that it reads policies with. */
const AccountFile = z.strictObject({
  format: z.literal(1),
  user: z.string().min(1).max(1000),
  // An empty password would be no login at all (RFC 4513 §5.1.2).
  password: z.string().min(1).max(1000),
  ca: z.string().startsWith('/').max(4000).exactOptional(),
});

/** Reads the account of this computer. @throws STORE_ACCOUNT */
export async function readAccount(path: string): Promise<DirectoryAccount> {
  try {
    const { data, error } = AccountFile.safeParse(jsonOrNothing(await readPrivate(path, MAX_BYTES)));
    if (error) throw new AppError('STORE_ACCOUNT', `${path}: ${z.prettifyError(error)}`);
    const { user, password, ca } = data;
    return { user, password, ...(ca === undefined ? {} : { ca: await readCapped(ca, MAX_CA_BYTES) }) };
  } catch (error) {
    if (!(error instanceof AppError) || !error.code.startsWith('FILE_')) throw error;
    throw new AppError('STORE_ACCOUNT', `the directory’s account cannot be used: ${error.message}`, { cause: error });
  }
}
