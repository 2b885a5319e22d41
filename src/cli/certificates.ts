import { readCapped } from '../sys/files/files.ts';

const MAX_BYTES = 1 << 20;

/** The text of a file of certificates; an empty path is none. @throws FILE_* */
export async function readCertificates(path: string | undefined): Promise<string | undefined> {
  return path === undefined || path === '' ? path : (await readCapped(path, MAX_BYTES)).toString('utf8');
}
