/** A directory that holds policies: where it listens, and the distinguished name that they lie below. */
export interface DirectoryAddress {
  host: string;
  port: number;
  /** `ldap:` begins in the clear and asks for TLS before anything else; `ldaps:` begins with TLS. */
  startTls: boolean;
  base: string;
}

const DN = /^[a-z][a-z0-9-]*=[^\p{Cc}]+$/iu;

function isDirectory(text: string): boolean {
  return /^ldaps?:\/\//i.test(text);
}

/** The directory that an address names, or undefined: the address of something else, or one that names no place in a directory. */
export function directoryAddress(text: string): DirectoryAddress | undefined {
  const url = isDirectory(text) ? URL.parse(text) : null;
  const base = url ? decoded(url.pathname.slice(1)) : undefined;
  if (!url || base === undefined || url.hostname === '' || !DN.test(base)) return undefined;
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') return undefined;
  const startTls = url.protocol === 'ldap:';
  const port = url.port === '' ? (startTls ? 389 : 636) : Number(url.port);
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port, startTls, base };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
