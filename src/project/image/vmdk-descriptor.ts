import { AppError } from '../../lib/errors.ts';
import { FLATTEN } from './qcow2-end.ts';

/** A part of a disk, and the file that holds it. */
interface Extent {
  sectors: number;
  type: 'SPARSE' | 'FLAT';
  file: string;
  /** Where the part begins in its file; of a flat one alone. */
  offsetSectors: number;
}

/** What a VMDK says of itself. */
export interface VmdkDescriptor {
  cid: string;
  /** Which state of the disk below it is the difference to; none where there is none below. */
  parentCid?: string;
  parent?: string;
  extents: Extent[];
}

/** The longest descriptor that is read. */
export const MAX_DESCRIPTOR_BYTES = 1 << 20;
/** The parts of a disk of a TiB, of 2 GiB each; each is a file that is opened. */
const MAX_EXTENTS = 512;
const MAX_SECTORS = 2 ** 34;
const NO_PARENT = 'ffffffff';
const EXTENT = /^(RW|RDONLY|NOACCESS)\s+(\d{1,12})\s+([A-Z]+)(?:\s+"([^"\r\n]{1,500})"(?:\s+(\d{1,12}))?)?\s*$/;
/** What holds a part, as a file and not as a device. */
const TYPES: Readonly<Record<string, Extent['type']>> = { SPARSE: 'SPARSE', FLAT: 'FLAT', VMFS: 'FLAT' };

/** Reads the text of a VMDK. @throws DISK_INVALID */
export function vmdkDescriptor(text: string, name: string): VmdkDescriptor {
  const invalid = (what: string) => new AppError('DISK_INVALID', `${name} ${what}`);
  const lines = text
    .split('\0', 1)
    .join('')
    .split(/\r?\n/)
    .map((line) => line.trim());
  const field = (key: string) =>
    lines
      .map((line) => new RegExp(`^${key}\\s*=\\s*"?([^"]*)"?$`, 'i').exec(line)?.[1])
      .find((value) => value !== undefined);
  const cid = field('CID')?.toLowerCase();
  if (cid === undefined || !/^[0-9a-f]{1,8}$/.test(cid)) throw invalid('is no description of a VMDK: it has no CID');
  if (field('encoding') === undefined && /^encryption/im.test(text))
    throw new AppError('DISK_ENCRYPTED', `${name} is encrypted`);
  const parentCid = field('parentCID')?.toLowerCase() ?? NO_PARENT;
  const parent = field('parentFileNameHint');
  const rows = lines.filter((line) => /^(RW|RDONLY|NOACCESS)\s/.test(line));
  if (rows.length > MAX_EXTENTS) throw invalid(`has ${rows.length} parts, more than ${MAX_EXTENTS}. ${FLATTEN}`);
  const extents = rows.map((row) => extentIn(row, invalid));
  if (parentCid === NO_PARENT) return { cid, extents };
  if (parent === undefined) throw invalid('is the difference to another disk that it does not name');
  return { cid, parentCid, parent, extents };
}

function extentIn(row: string, invalid: (what: string) => AppError): Extent {
  const [, access, sectors = '', kind = '', file, offset = '0'] = EXTENT.exec(row) ?? [];
  if (access === undefined) throw invalid('has a part that cannot be read');
  const type = TYPES[kind];
  if (type === undefined || access === 'NOACCESS' || file === undefined)
    throw invalid(`has a part of the kind ${kind}${access === 'NOACCESS' ? ' without access' : ''}. ${FLATTEN}`);
  const [count, at] = [Number(sectors), Number(offset)];
  if (count < 1 || count > MAX_SECTORS || at > MAX_SECTORS) throw invalid('has a part of an impossible size');
  if (type === 'SPARSE' && at !== 0) throw invalid('has a sparse part that does not begin its file');
  return { sectors: count, type, file, offsetSectors: at };
}

/** The same disk in words of ours, its files named as `fileOf` says. */
export function descriptorText(
  { cid, parentCid = NO_PARENT, extents }: VmdkDescriptor,
  fileOf: (at: number) => string,
): string {
  const type = extents.some((extent) => extent.type === 'SPARSE') ? 'twoGbMaxExtentSparse' : 'twoGbMaxExtentFlat';
  const rows = extents.map(
    ({ sectors, type: kind, offsetSectors }, index) =>
      `RW ${sectors} ${kind} "${fileOf(index)}"${kind === 'FLAT' ? ` ${offsetSectors}` : ''}`,
  );
  const below = parentCid === NO_PARENT ? [] : ['parentFileNameHint="below"'];
  const head = ['# Disk DescriptorFile', 'version=1', `CID=${cid}`, `parentCID=${parentCid}`, `createType="${type}"`];
  return `${[...head, ...below, ...rows, 'ddb.adapterType = "ide"'].join('\n')}\n`;
}
