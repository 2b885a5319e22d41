import type { Contents, MediumFile, Region } from '../../sys/sources/medium-file.ts';
import { rockRidge } from './rock-ridge.ts';
import { TableOfContents } from './table-of-contents.ts';

const SECTOR = 2048;
const FIRST_DESCRIPTOR = 16;
const MAX_DESCRIPTORS = 64;
const MAX_FOLDERS = 1000;
const MAX_FOLDER_BYTES = 16 << 20;
const MAX_DEPTH = 8;
const FOLDER = 0x02;
const CONTINUES = 0x80;

/** Where the mark of an ISO 9660 image is, and how many bytes of it `isIso` needs from there. */
export const ISO_MARK = { offset: FIRST_DESCRIPTOR * SECTOR + 1, bytes: 5 };

export function isIso(mark: Uint8Array): boolean {
  return Buffer.from(mark).toString('latin1') === 'CD001';
}

/** Of 4 GiB each. */
const MAX_EXTENTS = 1024;

interface Folder extends Region {
  path: string;
  depth: number;
}

/**
 * What is in an ISO 9660 image, without mounting it. It must have Rock Ridge or Joliet names: others are too short for a
 * package. Files of several extents (over 4 GiB) are read; links and devices are refused.
 * @throws MEDIA_INVALID
 */
export async function isoContents(medium: MediumFile): Promise<Contents> {
  const found = new TableOfContents(medium);
  const { root, naming, isJoliet } = await treeOf(medium, found);
  const seen = new Set<number>();
  const folders: Folder[] = [root];
  for (let folder = folders.pop(); folder; folder = folders.pop()) {
    if (seen.has(folder.offset) || seen.size === MAX_FOLDERS || folder.depth > MAX_DEPTH)
      throw found.refusal('folders within themselves, or too many of them');
    seen.add(folder.offset);
    if (folder.bytes > MAX_FOLDER_BYTES) throw found.refusal('a folder that is too large');
    let regions: Region[] = [];
    for (const record of records(await medium.read(folder.offset, folder.bytes))) {
      const { extent, flags } = fieldsOf(record, found);
      const name = await naming(record);
      if (name === undefined) continue;
      const path = `${folder.path}${name}`;
      if ((flags & FOLDER) !== 0) folders.push({ path: `${path}/`, depth: folder.depth + 1, ...extent });
      else {
        if (regions.push(extent) > MAX_EXTENTS) throw found.refusal('a file in too many parts');
        if ((flags & CONTINUES) !== 0) continue;
        found.add(path, regions);
        regions = [];
      }
    }
  }
  const contents = found.package();
  if (isJoliet && [...contents.keys()].some((path) => /^targets\/(?![0-9a-f]{64}\.)/.test(path)))
    throw found.refusal(
      'Joliet names alone, cut at 64 characters: write it again with Rock Ridge names, or copy the folder',
    );
  return contents;
}

/** A directory record’s name, or undefined for the two that are the folder itself and the one above. */
type Naming = (record: Buffer) => Promise<string | undefined>;

async function treeOf(
  medium: MediumFile,
  found: TableOfContents,
): Promise<{ root: Folder; naming: Naming; isJoliet: boolean }> {
  let joliet: Folder | undefined;
  let primary: Folder | undefined;
  for (let index = 0; index < MAX_DESCRIPTORS; index += 1) {
    const descriptor = await medium.read((FIRST_DESCRIPTOR + index) * SECTOR, SECTOR);
    if (descriptor.toString('latin1', 1, 6) !== 'CD001') throw found.refusal('a damaged descriptor');
    const [type] = descriptor;
    if (type === 255) break;
    if (type !== 1 && type !== 2) continue;
    if (descriptor.readUInt16LE(128) !== SECTOR) throw found.refusal('blocks of another size than 2048 bytes');
    const root = { path: '', depth: 0, ...fieldsOf(descriptor.subarray(156, 190), found).extent };
    if (type === 1) primary = root;
    else if (/^%\/[@CE]$/.test(descriptor.toString('latin1', 88, 91))) joliet = root;
  }
  if (primary) {
    const [self] = records(await medium.read(primary.offset, SECTOR));
    const skip = self && rockRidge.begin(self);
    if (skip !== undefined)
      return { root: primary, naming: (record) => rockRidge.name(record, skip, medium, found), isJoliet: false };
  }
  if (!joliet) throw found.refusal('neither Rock Ridge nor Joliet names');
  return { root: joliet, naming: async (record) => jolietName(record), isJoliet: true };
}

/** Directory records; none crosses a sector. */
function* records(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at] ?? 0;
    if (length === 0) at = (Math.floor(at / SECTOR) + 1) * SECTOR;
    else {
      yield bytes.subarray(at, at + length);
      at += length;
    }
  }
}

function fieldsOf(record: Buffer, found: TableOfContents): { extent: Region; flags: number } {
  if (record.length < 34 || record.length < 33 + (record[32] ?? 0)) throw found.refusal('a damaged folder');
  const extent = { offset: record.readUInt32LE(2) * SECTOR, bytes: record.readUInt32LE(10) };
  return { extent, flags: record[25] ?? 0 };
}

function jolietName(record: Buffer): string | undefined {
  const length = record[32] ?? 0;
  if (length === 1) return undefined;
  const swapped = Buffer.from(record.subarray(33, 33 + length - (length % 2))).swap16();
  return swapped.toString('utf16le').replace(/;\d+$/, '');
}
