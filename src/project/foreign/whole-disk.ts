import { AppError } from '../../lib/errors.ts';
import type { ImageFile } from '../../sys/image-file.ts';
import { imageAt } from '../../sys/programs/confined-image.ts';
import { formatOf, requireKnown } from '../disk-import.ts';
import { diskLayout, HEAD_BYTES } from '../image/disk-layout.ts';
import { DRIVERS, requireWhole } from '../image/formats.ts';
import { type DiskFormat, knownAs } from '../image/known.ts';
import { qcow2Below, requireWholeLayer } from '../image/qcow2-end.ts';
import type { DiskNode, ShownDisk, ShownFile } from '../image/shown-disk.ts';
import { descriptorText, MAX_DESCRIPTOR_BYTES, type VmdkDescriptor, vmdkDescriptor } from '../image/vmdk-descriptor.ts';
import { type Holder, openPlace, type Place } from './holder.ts';

const SECTOR = 512;
/** So many states below one another are opened. */
const MAX_LAYERS = 32;
const TEXT_MARK = '# Disk DescriptorFile';

interface Layer {
  node: DiskNode;
  /** What it is the difference to. */
  below?: { name: string; isRaw?: boolean };
  /** Of a VMDK: which state it is, and of which below it is the difference. */
  state?: { cid: string; parentCid?: string };
}

/**
 * A disk with all files that it is made of, each held to its own tables: parts of a split one, and states below it. Only
 * files that `holder` has are named; what QEMU then opens is said by us alone.
 * @throws IMPORT_ELSEWHERE, FILE_MISSING, DISK_CUT, DISK_INVALID, DISK_PACKED, DISK_ENCRYPTED, DISK_UNCLEAN
 */
export async function wholeDisk(
  holder: Holder,
  place: Place,
  { format, signal }: { format?: DiskFormat | undefined; signal?: AbortSignal | undefined } = {},
): Promise<ShownDisk> {
  const files: ShownFile[] = [];
  const layers: Layer[] = [];
  const seen = new Set<string>();
  let told = format;
  for (let next: Place | undefined = place; next; ) {
    const { name } = next;
    if (seen.has(name)) throw new AppError('DISK_INVALID', `${place.name} is below itself`);
    if (layers.length === MAX_LAYERS) throw new AppError('DISK_INVALID', `${place.name} has too many states below it`);
    seen.add(name);
    const layer = await layerOf(holder, next, { files, format: told, signal });
    requireSame(layers.at(-1), layer, name);
    layers.push(layer);
    next = layer.below && (await holder.place(layer.below.name));
    told = layer.below?.isRaw ? 'raw' : undefined;
  }
  const node = layers.reduceRight<DiskNode | undefined>(
    (below, layer) => ({ ...layer.node, ...backing(layer, below) }),
    undefined,
  );
  const [first, ...others] = files;
  if (!first || !node) throw new AppError('INTERNAL', 'a disk without files');
  return { name: place.name, files: [first, ...others], node };
}

/** What is below is said of each that could name another: nothing, where there is nothing. */
function backing({ node: { driver } }: Layer, below: DiskNode | undefined): DiskNode {
  return driver === 'vmdk' || driver === 'qcow2' ? { backing: below ?? null } : {};
}

/** What is below a snapshot must be as it was then. @throws DISK_INVALID */
function requireSame(above: Layer | undefined, layer: Layer, name: string): void {
  if (above?.state?.parentCid === layer.state?.cid || !above?.state) return;
  throw new AppError(
    'DISK_INVALID',
    `${name} was written after the snapshot above it: what that holds no longer fits. Bring it back from a backup`,
  );
}

interface Reading {
  files: ShownFile[];
  format: DiskFormat | undefined;
  signal: AbortSignal | undefined;
}

async function layerOf(holder: Holder, place: Place, reading: Reading): Promise<Layer> {
  await using opened = await openPlace(place, reading.signal);
  const { image } = opened;
  const head = (await image.head(0, TEXT_MARK.length)).toString('latin1');
  if (head.toLowerCase() === TEXT_MARK.toLowerCase()) return await splitLayer(holder, place, image, reading);
  const format = reading.format ?? formatOf(place.name, await knownAs(image));
  if (format === 'raw' && reading.format === undefined)
    requireKnown(place.name, diskLayout(await image.head(0, HEAD_BYTES)));
  if (format === 'raw') requireSectors(image);
  else if (format === 'qcow2') await requireWholeLayer(image);
  else await requireWhole(format, image);
  const node = { driver: DRIVERS[format], file: fileNode(place, reading.files) };
  if (format === 'vmdk') return { node, ...toldBy(await embedded(image)) };
  const below = format === 'qcow2' ? await qcow2Below(image) : undefined;
  return { node, ...(below ? { below } : {}) };
}

function toldBy(said: VmdkDescriptor | undefined): Pick<Layer, 'below' | 'state'> {
  if (!said) return {};
  const { parent } = said;
  return { state: said, ...(parent === undefined ? {} : { below: { name: parent } }) };
}

function requireSectors({ path, size }: ImageFile): void {
  if (size === 0) throw new AppError('DISK_CUT', `${path} is empty`);
  if (size % SECTOR !== 0)
    throw new AppError('DISK_CUT', `${path} is cut short: its length is not a multiple of ${SECTOR}`);
}

function fileNode({ path, within }: Place, files: ShownFile[]): DiskNode {
  const file = { driver: 'file', filename: imageAt(files.push({ path }) - 1) };
  if (!within) return file;
  // A length that is no multiple of a sector is rounded: what is behind the end of a member fills its block.
  const size = Math.ceil(within.bytes / SECTOR) * SECTOR;
  return { driver: 'raw', offset: within.offset, size, file };
}

/** What a VMDK of one file says of itself, in its own bytes. */
async function embedded(image: ImageFile): Promise<VmdkDescriptor | undefined> {
  const header = await image.part(0, SECTOR);
  const [at, sectors] = [Number(header.readBigUInt64LE(28)), Number(header.readBigUInt64LE(36))];
  if (at === 0 || sectors === 0) return undefined;
  if (sectors * SECTOR > MAX_DESCRIPTOR_BYTES)
    throw new AppError('DISK_INVALID', `${image.path} has a description that is too long`);
  return vmdkDescriptor((await image.part(at * SECTOR, sectors * SECTOR)).toString('latin1'), image.path);
}

/** A disk whose description is a text, and whose parts are other files. */
async function splitLayer(holder: Holder, place: Place, image: ImageFile, { files, signal }: Reading): Promise<Layer> {
  if (image.size > MAX_DESCRIPTOR_BYTES)
    throw new AppError('DISK_INVALID', `${place.name} has a description that is too long`);
  const text = (await image.head(0, MAX_DESCRIPTOR_BYTES)).toString('utf8');
  const said = vmdkDescriptor(text, place.name);
  if (said.extents.length === 0) throw new AppError('DISK_INVALID', `${place.name} has no parts`);
  const at: number[] = [];
  for (const extent of said.extents) {
    const part = await holder.place(extent.file);
    await requirePart(part, extent, signal);
    at.push(files.push({ path: part.path }) - 1);
  }
  const filename = imageAt(files.push({ text: descriptorText(said, (index) => imageAt(at[index] ?? 0)) }) - 1);
  return { node: { driver: 'vmdk', file: { driver: 'file', filename } }, ...toldBy(said) };
}

async function requirePart(
  part: Place,
  extent: VmdkDescriptor['extents'][number],
  signal?: AbortSignal,
): Promise<void> {
  if (part.within) throw new AppError('DISK_INVALID', `${part.name} is a part of a disk within an archive`);
  await using opened = await openPlace(part, signal);
  const { image } = opened;
  if (extent.type === 'FLAT') return image.require((extent.offsetSectors + extent.sectors) * SECTOR);
  const known = await knownAs(image);
  if (known?.kind !== 'disk' || known.format !== 'vmdk')
    throw new AppError('DISK_INVALID', `${part.name} is no part of a VMDK`);
  await requireWhole('vmdk', image);
}
