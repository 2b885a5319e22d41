import { createPublicKey, verify } from 'node:crypto';

/** What an update server vouches for: that this installation of a machine is at this version. */
export interface Report {
  /** The project’s fingerprint. */
  project: string;
  /** The installation’s UUID, as its guest finds it in /sys/class/dmi/id/product_uuid, in small letters. */
  machine: string;
  descriptor: string;
  /** Rises with every signature for a machine, so that none is used again: the time in milliseconds will do. */
  counter: number;
}

/** What is signed (docs/formats/guest.md §8). */
export function reportText({ project, machine, descriptor, counter }: Report): string {
  return `lazaret nq-set 1\n${project}\n${machine.toLowerCase()}\n${descriptor.toUpperCase().replace('0X', '0x')}\n${counter}\n`;
}

/** The key of these, Ed25519 in hexadecimal, that made a signature in base64url; undefined when none did. */
export function signerOf(report: Report, signature: string, keys: readonly string[]): string | undefined {
  const text = Buffer.from(reportText(report));
  const bytes = Buffer.from(signature, 'base64url');
  return keys.find((key) => verify(null, text, publicKey(key), bytes));
}

function publicKey(hex: string) {
  const key = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(hex, 'hex').toString('base64url') };
  return createPublicKey({ key, format: 'jwk' });
}
