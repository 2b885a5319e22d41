import { readIfThere, writeFileAtomic } from './files.ts';

/** How files that outlive whoever writes them are read and written. One that was sealed and cannot be opened is read as empty. */
export interface KeptFiles {
  read(path: string, maxBytes: number): Promise<Buffer | undefined>;
  write(path: string, text: string): Promise<void>;
}

export const KEPT_IN_CLEAR: KeptFiles = {
  read: readIfThere,
  write: (path, text) => writeFileAtomic(path, text, 0o600),
};
