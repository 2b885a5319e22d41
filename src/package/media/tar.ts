import type { Contents, MediumFile } from '../../sys/sources/medium-file.ts';
import { TableOfContents } from './table-of-contents.ts';

const BLOCK = 512;
const MAX_HEADER_BYTES = 64 << 10;
const MAX_ENTRIES = 200_000;

/** Where an archive begins to be a tar file: what `isTar` looks at. */
export function isTar(head: Uint8Array): boolean {
  return head.length >= BLOCK && Buffer.from(head).toString('latin1', 257, 262) === 'ustar';
}

/**
 * What is in a tar archive (POSIX ustar and pax; GNU long names), without unpacking it. Links, devices, sparse files and
 * names that lead elsewhere are refused.
 * @throws MEDIA_INVALID
 */
export async function tarContents(medium: MediumFile): Promise<Contents> {
  const found = new TableOfContents(medium);
  let at = 0;
  let next: { path?: string; size?: number } = {};
  for (let entries = 0; ; entries += 1) {
    if (entries === MAX_ENTRIES) throw found.refusal('too many entries');
    const header = await medium.read(at, BLOCK);
    if (header.every((byte) => byte === 0)) return found.package();
    const type = checkHeader(header, found);
    const bytes = next.size ?? numberAt(header, 124, 12, found);
    const data = at + BLOCK;
    at = data + Math.ceil(bytes / BLOCK) * BLOCK;
    if (type === 'x' || type === 'L' || type === 'g') {
      if (bytes > MAX_HEADER_BYTES) throw found.refusal('a header that is too long');
      const text = await medium.read(data, bytes);
      if (type === 'x') next = { ...next, ...paxFields(text, found) };
      if (type === 'L') next = { ...next, path: textOf(text) };
      continue;
    }
    if (type === '0') found.add(next.path ?? nameIn(header), [{ offset: data, bytes }]);
    else if (type !== '5') throw found.refusal('a link, a device or another thing that is no file');
    next = {};
  }
}

/** The entry’s type. @throws MEDIA_INVALID when the header’s sum is wrong */
function checkHeader(header: Buffer, found: TableOfContents): string {
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  if (sum !== numberAt(header, 148, 8, found)) throw found.refusal('a damaged header');
  const type = header.toString('latin1', 156, 157);
  return type === '\0' ? '0' : type;
}

function nameIn(header: Buffer): string {
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? textOf(header.subarray(345, 500)) : '';
  const name = textOf(header.subarray(0, 100));
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Octal digits, or with the high bit a number in base 256, as GNU tar writes large ones. */
function numberAt(header: Buffer, offset: number, length: number, found: TableOfContents): number {
  const field = header.subarray(offset, offset + length);
  const text = field
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .trimStart();
  const value =
    field[0] === 0x80
      ? Number(`0x${field.subarray(1).toString('hex')}`)
      : /^[0-7]+$/.test(text)
        ? parseInt(text, 8)
        : -1;
  if (value < 0 || !Number.isSafeInteger(value)) throw found.refusal('a number that cannot be read');
  return value;
}

/** `<length> <key>=<value>\n`, again and again. */
function paxFields(text: Buffer, found: TableOfContents): { path?: string; size?: number } {
  const fields: { path?: string; size?: number } = {};
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(0x20, at);
    const length = Number(text.toString('latin1', at, Math.max(at, space)));
    const record = /^\d+ ([^=]+)=(.*)\n$/s.exec(text.toString('utf8', at, at + (length || 0)));
    const [, key = '', value = ''] = record ?? [];
    if (!record || !Number.isSafeInteger(length) || at + length > text.length) throw found.refusal('a damaged header');
    if (key === 'path') fields.path = value;
    if (key === 'size') {
      fields.size = Number(value);
      if (!/^\d{1,15}$/.test(value)) throw found.refusal('a size that is not a number');
    }
    if (key.startsWith('GNU.sparse')) throw found.refusal('a sparse file');
    at += length;
  }
  return fields;
}

function textOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8');
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
