import { AppError } from '../../lib/errors.ts';
import type { Contents, Region } from '../../sys/sources/medium-file.ts';

const MAX_FILES = 100_000;
const MAX_PATH_LENGTH = 1000;
const ROOT = 'metadata/1.root.json';
/** Of a package that is encrypted this lies in clear. */
export const ENCRYPTED_FILE = 'encrypted.json';
const ROOTS = [ROOT, ENCRYPTED_FILE];

/** Collects what an archive says is in it, and refuses what no package has. */
export class TableOfContents {
  readonly #medium: { path: string; size: number };
  readonly #files = new Map<string, Region[]>();
  readonly #folded = new Set<string>();

  constructor(medium: { path: string; size: number }) {
    this.#medium = medium;
  }

  /**
   * Notes a file and where its bytes are.
   * @throws MEDIA_INVALID for a path that leads elsewhere, one that differs from another in case only, bytes that are not there
   */
  add(path: string, regions: Region[]): void {
    const plain = path.replace(/^(\.\/)+/, '');
    if (plain.length > MAX_PATH_LENGTH || plain.split('/').some((part) => !isPlain(part)))
      throw this.refusal(`a file with the name ${JSON.stringify(path.slice(0, 200))}`);
    const folded = plain.normalize('NFC').toLowerCase();
    if (this.#folded.has(folded)) throw this.refusal(`two files named ${plain}, or names that differ in case only`);
    if (this.#files.size === MAX_FILES) throw this.refusal(`more than ${MAX_FILES} files`);
    for (const { offset, bytes } of regions)
      if (offset < 0 || bytes < 0 || offset + bytes > this.#medium.size)
        throw this.refusal(`${plain}, which does not fit into it`);
    this.#folded.add(folded);
    this.#files.set(plain, regions);
  }

  refusal(what: string, cause?: unknown): AppError {
    return new AppError('MEDIA_INVALID', `${this.#medium.path} has ${what}`, { cause });
  }

  /** The files of the package, wherever in the archive its folder is. @throws MEDIA_INVALID when there is none or several */
  package(): Contents {
    const folders = [...this.#files.keys()].flatMap((path) => {
      const root = ROOTS.find((each) => path === each || path.endsWith(`/${each}`));
      return root === undefined ? [] : [path.slice(0, -root.length)];
    });
    const [folder] = folders;
    if (folder === undefined || folders.length > 1)
      throw this.refusal(folder === undefined ? 'no package' : 'several packages');
    return new Map(
      [...this.#files]
        .filter(([path]) => path.startsWith(folder))
        .map(([path, regions]) => [path.slice(folder.length), regions]),
    );
  }
}

function isPlain(part: string): boolean {
  return part !== '' && part !== '.' && part !== '..' && !/[\p{Cc}\\\uFFFD]/u.test(part);
}
