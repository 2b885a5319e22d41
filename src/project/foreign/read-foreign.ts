import { basename, dirname, extname, resolve } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import type { ForeignKind } from '../../lib/import-notes.ts';
import { ImageFile } from '../../sys/image-file.ts';
import { isUnclosed } from '../image/closed-copy.ts';
import { type DiskFormat, knownAs } from '../image/known.ts';
import type { ShownDisk } from '../image/shown-disk.ts';
import type { Described, DescribedDisk } from './described.ts';
import { type FoundDigest, openPackage } from './digests.ts';
import { readDomain } from './formats/libvirt.ts';
import { readOvf } from './formats/ovf.ts';
import { MAX_DESCRIPTION_BYTES } from './formats/text.ts';
import { readBox } from './formats/vbox.ts';
import { readVmx } from './formats/vmx.ts';
import { readXml } from './formats/xml.ts';
import { folderHolder, type Holder, type Place } from './holder.ts';
import { type ImportNote, note } from './notes.ts';
import { piecesOf } from './pieces.ts';
import { readArchive } from './tar-archive.ts';
import { wholeDisk } from './whole-disk.ts';

/** A machine of another program: what becomes of it, before anything of it is copied. */
export interface ForeignMachine extends Omit<Described, 'disks'> {
  kind: ForeignKind;
  disk: ForeignDisk;
}

/** The disk that is taken: read where it lies, or from pieces that are put together first. */
export type ForeignDisk = { name: string; digests: readonly FoundDigest[] } & (
  | { shown: ShownDisk }
  /** A VHDX whose log is still to be written, by its path. */
  | { unclosed: string }
  | { pieces: readonly Place[]; isPacked: boolean; maxBytes: number }
);

interface Options {
  /** The disk to take, instead of the one that the machine starts from. */
  disk?: string | undefined;
  /** The format of that disk, or of the file itself, which is a disk then. */
  diskFormat?: DiskFormat | undefined;
  /** The file came without others beside it. */
  isAlone?: boolean;
  signal?: AbortSignal | undefined;
}

/**
 * Reads what another program wrote of a machine, and holds its disk to its own tables. Nothing is copied, and nothing but the
 * files of its folder or archive is looked at; `disk` alone may lie elsewhere.
 * @throws IMPORT_*, DISK_*, FILE_*, INTERRUPTED
 */
export async function readForeign(path: string, options: Options = {}): Promise<ForeignMachine> {
  await using file = await ImageFile.open(path, options.signal);
  const isTold = options.diskFormat !== undefined && options.disk === undefined;
  const kind = isTold ? 'image' : await kindOf(file);
  // What is open until the end of this is closed only when all is known.
  if (kind === 'image') return await plainImage(path, options);
  if (kind === 'ova') return await ofPackage(path, 'ova', await readArchive(file), options);
  const holder = options.isAlone ? lonely(path) : folderHolder(dirname(path));
  if (kind === 'xml') return await ofXml(path, holder, await wholeText(file), options);
  const described = readVmx(await wholeText(file), path);
  return await machineOf('vmx', path, described, holder, options);
}

/** What an XML describes is said by its first element. @throws IMPORT_INVALID */
async function ofXml(path: string, holder: Holder, bytes: Buffer, options: Options): Promise<ForeignMachine> {
  const root = readXml(bytes, path);
  switch (root.name) {
    case 'Envelope':
      return ofPackage(path, 'ovf', holder, options);
    case 'domain':
      return machineOf('libvirt', path, readDomain(root, path), holder, options);
    case 'VirtualBox':
      return machineOf('vbox', path, readBox(root, path), holder, options);
    default:
      throw new AppError(
        'IMPORT_INVALID',
        `${path} describes no machine: it is neither OVF nor of libvirt nor of VirtualBox`,
      );
  }
}

async function ofPackage(path: string, kind: 'ova' | 'ovf', holder: Holder, options: Options): Promise<ForeignMachine> {
  const found = await openPackage(path, holder, options.signal);
  const root = readXml(found.description, found.name);
  if (root.name !== 'Envelope') throw new AppError('IMPORT_INVALID', `${found.name} is no OVF: it has no Envelope`);
  const described = readOvf(root, found.name);
  const machine = await machineOf(
    kind,
    path,
    { ...described, notes: [...described.notes, ...found.notes] },
    holder,
    options,
  );
  const places = 'pieces' in machine.disk ? machine.disk.pieces : [await holder.place(described.disks[0]?.file ?? '')];
  if (options.disk !== undefined) return machine;
  return { ...machine, disk: { ...machine.disk, digests: places.flatMap((place) => found.digestOf(place)) } };
}

async function machineOf(
  kind: ForeignKind,
  path: string,
  { disks, ...described }: Described,
  holder: Holder,
  options: Options,
): Promise<ForeignMachine> {
  if (options.disk !== undefined) {
    const { disk } = await plainImage(resolve(options.disk), options);
    return { kind, ...described, disk, notes: [...closedNotes(disk), ...described.notes] };
  }
  const [first] = disks;
  if (!first)
    throw new AppError('IMPORT_UNSUPPORTED', `${path} has no disk with something on it: say which with --disk`);
  const disk = await diskOf(first, holder, options);
  return { kind, ...described, disk, notes: [...closedNotes(disk), ...described.notes] };
}

async function diskOf(described: DescribedDisk, holder: Holder, { diskFormat, signal }: Options): Promise<ForeignDisk> {
  const { isPacked = false, pieceBytes } = described;
  if (isPacked || pieceBytes !== undefined) return piecesOf(described, holder, signal);
  const place = await holder.place(described.file);
  return openedDisk(holder, place, { format: diskFormat ?? described.format, signal });
}

async function plainImage(path: string, { diskFormat, isAlone, signal }: Options): Promise<ForeignMachine> {
  const holder = isAlone ? lonely(path) : folderHolder(dirname(path));
  const disk = await openedDisk(holder, { path, name: path }, { format: diskFormat, signal });
  return { kind: 'image', notes: closedNotes(disk), disk };
}

/** What is done to a disk before it is read is said before it is done. */
function closedNotes(disk: ForeignDisk): ImportNote[] {
  return 'unclosed' in disk ? [note('unclosed', { file: disk.name })] : [];
}

/** A disk where it lies; of one that was not closed a copy is closed when it is taken. */
async function openedDisk(
  holder: Holder,
  place: Place,
  options: { format: DiskFormat | undefined; signal: AbortSignal | undefined },
): Promise<ForeignDisk> {
  try {
    return { name: place.name, digests: [], shown: await wholeDisk(holder, place, options) };
  } catch (error) {
    // What is below another one, or in an archive, is not copied by itself.
    if (!isUnclosed(error, place.name) || place.within) throw error;
    return { name: place.name, digests: [], unclosed: place.path };
  }
}

/** The files beside one that came alone. */
function lonely(path: string): Holder {
  return {
    place: async (name) => {
      const what = `${path} names another file, ${JSON.stringify(name.slice(0, 200))}, which was not sent with it`;
      throw new AppError(
        'IMPORT_UNSUPPORTED',
        `${what}: export it as one file (.ova), or give its path on this computer`,
      );
    },
  };
}

/** By what stands in it; by its name where that says nothing. @throws IMPORT_UNSUPPORTED for what no program but its own reads */
async function kindOf(file: ImageFile): Promise<'ova' | 'vmx' | 'xml' | 'image'> {
  const extension = extname(file.path).toLowerCase();
  const why = UNREAD[extension];
  if (why !== undefined) throw new AppError('IMPORT_UNSUPPORTED', `${basename(file.path)} ${why}`);
  const head = await file.head(0, 512);
  if (head.toString('latin1', 257, 262) === 'ustar') return 'ova';
  if (extension === '.vmx' || extension === '.vmtx') return 'vmx';
  const begins = head.toString('latin1').replace(/[\0\s]|^(?:\xff\xfe|\xfe\xff|\xef\xbb\xbf)/g, '');
  if (/^<(\?xml|!--|!DOCTYPE|[A-Za-z])/.test(begins) && (await knownAs(file)) === undefined) return 'xml';
  return 'image';
}

const UNREAD: Readonly<Record<string, string>> = {
  '.vmcx': 'is read by Hyper-V alone: add the machine’s disk (.vhdx) instead, and say memory and processors',
  '.vmsd': 'lists snapshots: add the machine’s .vmx instead, which has its present state',
  '.vmss': 'is a suspended state: add the machine’s .vmx instead',
  '.vmsn': 'is the state of a snapshot: add the machine’s .vmx instead',
  '.nvram': 'is the settings of a firmware: add the machine’s .vmx instead',
  '.avhdx': 'is the difference to another disk: merge the two with Hyper-V (Merge-VHD), and add what comes out',
};

/** All of a description. @throws FILE_TOO_LARGE */
async function wholeText(file: ImageFile): Promise<Buffer> {
  if (file.size > MAX_DESCRIPTION_BYTES)
    throw new AppError('FILE_TOO_LARGE', `${file.path} is longer than descriptions of machines are`);
  return file.part(0, file.size);
}
