import { AppError } from '../../lib/errors.ts';
import type { ImageFile } from '../../sys/image-file.ts';
import type { Holder, Place } from './holder.ts';

const BLOCK = 512;
/** A machine has a description, a manifest, a certificate, and disks; in pieces they may be many. */
const MAX_MEMBERS = 10_000;
const MAX_HEADER_BYTES = 64 << 10;

/** What lies in an archive, in the order in which it does. */
export interface Archive extends Holder {
  members: readonly Required<Place>[];
}

/**
 * Lists what is in an OVA, a tar archive, without unpacking it. Links, devices, sparse files and names with folders have no
 * place in one.
 * @throws IMPORT_INVALID, DISK_CUT, INTERRUPTED
 */
export async function readArchive(file: ImageFile): Promise<Archive> {
  const members = new Map<string, Required<Place>>();
  const invalid = (what: string) => new AppError('IMPORT_INVALID', `${file.path} is no OVA: ${what}`);
  let at = 0;
  let told: { path?: string; bytes?: number } = {};
  while (at + BLOCK <= file.size) {
    const header = await file.part(at, BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const { type, bytes: own, name } = memberIn(header, invalid);
    const bytes = told.bytes ?? own;
    const data = at + BLOCK;
    at = data + Math.ceil(bytes / BLOCK) * BLOCK;
    if (type === 'x' || type === 'g' || type === 'L') {
      if (bytes > MAX_HEADER_BYTES) throw invalid('a header in it is too long');
      if (type !== 'g') told = { ...told, ...fieldsIn(type, await file.part(data, bytes), invalid) };
      continue;
    }
    if (type !== '0') throw invalid('it holds a link, a folder or a device');
    add(members, file, { name: told.path ?? name, offset: data, bytes }, invalid);
    told = {};
  }
  return {
    members: [...members.values()],
    async place(name) {
      const found = members.get(name);
      if (found) return found;
      const code = /[/\\]/.test(name) ? 'IMPORT_ELSEWHERE' : 'FILE_MISSING';
      throw new AppError(code, `${JSON.stringify(name.slice(0, 200))} is not in ${file.path}`);
    },
  };
}

function add(
  members: Map<string, Required<Place>>,
  file: ImageFile,
  { name, offset, bytes }: { name: string; offset: number; bytes: number },
  invalid: (what: string) => AppError,
): void {
  const plain = name.replace(/^\.\//, '');
  if (!/^[^/\\\p{Cc}]{1,255}$/u.test(plain) || plain === '..') throw invalid('a name in it leads elsewhere');
  if (members.has(plain)) throw invalid('two files in it have one name');
  if (members.size === MAX_MEMBERS) throw invalid(`it holds more than ${MAX_MEMBERS} files`);
  file.require(offset + bytes);
  const shown = `${file.path}: ${plain}`;
  members.set(plain, { path: file.path, name: shown, within: { name: shown, offset, bytes } });
}

function memberIn(header: Buffer, invalid: (what: string) => AppError) {
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  if (sum !== numberIn(header, 148, 8, invalid)) throw invalid('a header in it is damaged');
  const type = header.toString('latin1', 156, 157);
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? textIn(header.subarray(345, 500)) : '';
  const name = textIn(header.subarray(0, 100));
  return {
    type: type === '\0' ? '0' : type,
    bytes: numberIn(header, 124, 12, invalid),
    name: prefix === '' ? name : `${prefix}/${name}`,
  };
}

/** Octal digits, or with the high bit a number in base 256, as large ones are written. */
function numberIn(header: Buffer, at: number, length: number, invalid: (what: string) => AppError): number {
  const field = header.subarray(at, at + length);
  const text = field
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .trimStart();
  const octal = /^[0-7]+$/.test(text) ? parseInt(text, 8) : Number.NaN;
  const value = field[0] === 0x80 ? Number(`0x${field.subarray(1).toString('hex')}`) : octal;
  if (!Number.isSafeInteger(value)) throw invalid('a number in it cannot be read');
  return value;
}

/** The longer name or the larger size that stands before a member: `<length> <key>=<value>\n`, again and again. */
function fieldsIn(type: string, text: Buffer, invalid: (what: string) => AppError): { path?: string; bytes?: number } {
  if (type === 'L') return { path: textIn(text) };
  const fields: { path?: string; bytes?: number } = {};
  for (let at = 0; at < text.length; ) {
    const length = Number(/^\d{1,6}(?= )/.exec(text.toString('latin1', at, at + 7))?.[0] ?? 0);
    const [, key = '', value = ''] = /^\d+ ([^=]+)=(.*)\n$/s.exec(text.toString('utf8', at, at + length)) ?? [];
    if (key === '' || at + length > text.length) throw invalid('a header in it is damaged');
    if (key.startsWith('GNU.sparse')) throw invalid('a file in it is stored with holes');
    if (key === 'path') fields.path = value;
    if (key === 'size') fields.bytes = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    at += length;
  }
  if (Number.isNaN(fields.bytes)) throw invalid('a number in it cannot be read');
  return fields;
}

function textIn(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8');
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
