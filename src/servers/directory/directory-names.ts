/**
 * How the files of a published folder are named in a directory. Each part of a file is one object below the base, so that a
 * large file needs no large value; names are at most 64 characters, which is what Active Directory takes.
 */

/** What one object holds, in bytes of the file. */
export const PART_BYTES = 512 << 10;

/** The common name of a part of a file: its own name, or its digest where that is what names it. */
export function partName(path: string, part: number): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const [, digest] = /^targets\/([0-9a-f]{64})\./.exec(path) ?? [];
  return `${digest?.slice(0, 48) ?? name}.${part}`;
}

/** The parts that a file of so many bytes has: a part that is not full is the last one. */
export function partCount(bytes: number): number {
  return Math.floor(bytes / PART_BYTES) + 1;
}

/** Whether an object below the base is part of a published folder: anything else there is left alone. */
export function isPartName(name: string): boolean {
  return /^(?:[0-9a-f]{48}|timestamp\.json|\d+\.(?:root|targets|snapshot)\.json)\.\d+$/.test(name);
}
