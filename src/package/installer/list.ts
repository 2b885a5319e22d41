import { AppError } from '../../lib/errors.ts';

/** The signed file that says which Debian packages of Lazaret a project hands out: docs/formats/package.md §11. */
export const LAZARET_LIST = 'lazaret.sha256';
/** Where they are in a package’s folder, with a copy of the list. */
export const LAZARET_FOLDER = 'lazaret';
export const SUMS_FILE = 'SHA256SUMS';
export const INSTALL_FILE = 'install';
export const MAX_LIST_BYTES = 4096;
export const MAX_DEBIAN_PACKAGE_BYTES = 512 << 20;

const FILE = /^lazaret_(?<version>\d[0-9A-Za-z.+~-]{0,60})_(?<processor>amd64|arm64)\.deb$/;
const LINE = /^(?<sha256>[0-9a-f]{64}) {2}(?<file>\S{1,100})$/;

/** A Debian package of Lazaret, by what its file is called. */
export interface LazaretFile {
  file: string;
  version: string;
  /** As Debian names it. */
  processor: string;
}

/** One that a project hands out. */
export interface SignedLazaret extends LazaretFile {
  sha256: string;
}

/** What a file of that name would be, or undefined for any other. */
export function lazaretFile(file: string): LazaretFile | undefined {
  const { version, processor } = FILE.exec(file)?.groups ?? {};
  return version !== undefined && processor !== undefined ? { file, version, processor } : undefined;
}

/** As `sha256sum` writes it, so that a shell can read it too. */
export function listText(all: readonly Pick<SignedLazaret, 'file' | 'sha256'>[]): string {
  return all.map(({ file, sha256 }) => `${sha256}  ${file}\n`).join('');
}

/** What such a list says: one of each processor, all of one version. @throws TRUST_INVALID */
export function parseList(text: string): SignedLazaret[] {
  const all = text.split('\n').slice(0, -1).map(parseLine);
  const processors = new Set(all.map(({ processor }) => processor));
  const versions = new Set(all.map(({ version }) => version));
  if (!text.endsWith('\n') || processors.size !== all.length || versions.size !== 1)
    throw wrong('does not name one version of Lazaret, once for each processor');
  return all;
}

function parseLine(line: string): SignedLazaret {
  const { sha256, file = '' } = LINE.exec(line)?.groups ?? {};
  const named = lazaretFile(file);
  if (sha256 === undefined || !named) throw wrong('has a line that names no package of Lazaret');
  return { ...named, sha256 };
}

function wrong(what: string): AppError {
  return new AppError('TRUST_INVALID', `${LAZARET_LIST} ${what}`);
}
