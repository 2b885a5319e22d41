import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { AppError } from '../../lib/errors.ts';

export const MAX_MANIFEST_BYTES = 4 << 20;
const MAX_LINES = 20_000;
const LINE = /^(SHA1|SHA256|SHA512)\s*\(([^()\r\n]{1,300})\)\s*=\s*([0-9A-Fa-f]{40,128})$/i;
const LENGTHS = { sha1: 40, sha256: 64, sha512: 128 } as const;

/** A digest that a file is to have. */
export interface Digest {
  algorithm: keyof typeof LENGTHS;
  hex: string;
}

/** The digests of a manifest (`.mf`) by the names of files. @throws IMPORT_INVALID */
export function readManifest(text: string, name: string): ReadonlyMap<string, Digest> {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length > MAX_LINES) throw new AppError('IMPORT_INVALID', `${name} has more than ${MAX_LINES} lines`);
  const digests = new Map<string, Digest>();
  for (const line of lines) {
    const [, kind = '', file = '', hex = ''] = LINE.exec(line.trim()) ?? [];
    const algorithm = kind.toLowerCase() as Digest['algorithm'];
    if (LENGTHS[algorithm] !== hex.length || digests.has(file))
      throw new AppError(
        'IMPORT_INVALID',
        `${name} has a line that is no digest: ${JSON.stringify(line.slice(0, 100))}`,
      );
    digests.set(file, { algorithm, hex: hex.toLowerCase() });
  }
  return digests;
}

/**
 * Who signed a manifest, as his certificate (`.cert`) calls him: the signature is checked, and who vouches for the certificate is not.
 * @throws IMPORT_DIGEST, IMPORT_INVALID
 */
export function signerOf(certificate: string, manifest: Buffer, name: string): string {
  const [, kind = '', hex = ''] =
    /^(SHA1|SHA256|SHA512)\s*\([^()]+\)\s*=\s*([0-9A-Fa-f]+)\s*$/im.exec(certificate) ?? [];
  const pem = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(certificate)?.[0];
  if (hex === '' || pem === undefined) throw new AppError('IMPORT_INVALID', `${name} has no signature and certificate`);
  let isRight = false;
  let subject = '';
  try {
    const read = new X509Certificate(pem);
    subject = read.subject.replaceAll('\n', ', ');
    isRight = verify(kind.toLowerCase(), manifest, createPublicKey(pem), Buffer.from(hex, 'hex'));
  } catch (cause) {
    throw new AppError('IMPORT_INVALID', `${name} has a certificate that cannot be read`, { cause });
  }
  if (!isRight) throw new AppError('IMPORT_DIGEST', `the signature in ${name} is not that of the manifest`);
  return subject;
}
