const MOST_CHARACTERS = 4000;
const MOST_NAMES = 64;
const MOST_NAME_BYTES = 255;
/** What is being written has this name until it is whole; nobody sees it. */
export const PART = '.lazaret-part-';

/** The names that a request’s address has, from the shared folder down; undefined where it has none that could be served. */
export function namesOf(address: string): string[] | undefined {
  if (address.length > MOST_CHARACTERS) return undefined;
  const path = address.replace(/^https?:\/\/[^/]*/i, '').replace(/[?#].*$/, '');
  if (!path.startsWith('/')) return undefined;
  const names = path.split('/').filter((name) => name !== '');
  try {
    const decoded = names.map((name) => decodeURIComponent(name));
    return decoded.length <= MOST_NAMES && decoded.every(isServed) ? decoded : undefined;
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function isServed(name: string): boolean {
  if (name === '.' || name === '..' || name.startsWith(PART)) return false;
  return !/[/\0\ufffd]/.test(name) && Buffer.byteLength(name) <= MOST_NAME_BYTES;
}

/** The address of what has these names. */
export function addressOf(names: readonly string[], isFolder: boolean): string {
  const path = names.map((name) => `/${encodeURIComponent(name).replace(/'/g, '%27')}`).join('');
  return isFolder ? `${path}/` : path;
}
