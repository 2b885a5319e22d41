/** Groups of attributes (RFC 8010 §3.5.1). */
export const GROUP = { operation: 0x01, job: 0x02, end: 0x03, printer: 0x04, unsupported: 0x05 } as const;
/** Kinds of values that are read here (RFC 8010 §3.5.2). */
export const TAG = {
  integer: 0x21,
  enum: 0x23,
  beginCollection: 0x34,
  endCollection: 0x37,
  name: 0x42,
  keyword: 0x44,
  uri: 0x45,
  charset: 0x47,
  language: 0x48,
  mime: 0x49,
  memberName: 0x4a,
} as const;

/** Below it a tag begins a group, and from it on a value. */
const FIRST_VALUE_TAG = 0x10;
/** It would make a tag of four bytes, which nobody uses. */
const EXTENSION_TAG = 0x7f;
const HEAD_BYTES = 8;
const MAX_ATTRIBUTES = 2000;
const MAX_VALUES = 20_000;
const MAX_DEPTH = 8;

interface IppValue {
  tag: number;
  bytes: Buffer;
}

/** An attribute with its values; the members of a collection follow its first value, as they are sent. */
export interface IppAttribute {
  name: string;
  values: IppValue[];
}

export interface IppGroup {
  tag: number;
  attributes: IppAttribute[];
}

/** A request or an answer of the Internet Printing Protocol, without the document that may follow it. */
export interface IppMessage {
  /** As two bytes: 0x0200 is 2.0. */
  version: number;
  /** The operation of a request, the status of an answer. */
  code: number;
  requestId: number;
  groups: IppGroup[];
}

/** Bytes that are no message of this protocol. */
export class NotIpp extends Error {}

/**
 * Reads a message from the beginning of some bytes, and gives how long it is; undefined where it is not whole yet.
 * @throws NotIpp
 */
export function parseIpp(bytes: Buffer): { message: IppMessage; length: number } | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  const groups: IppGroup[] = [];
  const counts = { attributes: 0, values: 0 };
  let depth = 0;
  let at = HEAD_BYTES;
  for (;;) {
    const tag = bytes[at];
    if (tag === undefined) return undefined;
    at += 1;
    if (tag < FIRST_VALUE_TAG) {
      if (depth !== 0) throw new NotIpp('a collection does not end');
      if (tag === GROUP.end) break;
      groups.push({ tag, attributes: [] });
      continue;
    }
    const name = textAt(bytes, at);
    if (!name) return undefined;
    const value = textAt(bytes, name.end);
    if (!value) return undefined;
    at = value.end;
    if (tag >= EXTENSION_TAG) throw new NotIpp('a kind of value that nobody uses');
    counts.values += 1;
    const group = groups.at(-1);
    if (!group) throw new NotIpp('an attribute without a group');
    if (name.bytes.length > 0) {
      if (depth !== 0) throw new NotIpp('a collection does not end');
      counts.attributes += 1;
      group.attributes.push({ name: name.bytes.toString('latin1'), values: [] });
    }
    depth += depthOf(tag);
    if (depth < 0 || depth > MAX_DEPTH) throw new NotIpp('a collection that is none');
    const attribute = group.attributes.at(-1);
    if (!attribute) throw new NotIpp('a value without an attribute');
    attribute.values.push({ tag, bytes: value.bytes });
    if (counts.attributes > MAX_ATTRIBUTES || counts.values > MAX_VALUES) throw new NotIpp('too many attributes');
  }
  const head = { version: bytes.readUInt16BE(0), code: bytes.readUInt16BE(2), requestId: bytes.readInt32BE(4) };
  return { message: { ...head, groups }, length: at };
}

/** The bytes of a message. */
export function encodeIpp({ version, code, requestId, groups }: IppMessage): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt16BE(version, 0);
  head.writeUInt16BE(code, 2);
  head.writeInt32BE(requestId, 4);
  const parts: Buffer[] = [head];
  for (const { tag, attributes } of groups) {
    parts.push(Buffer.of(tag));
    for (const { name, values } of attributes)
      for (const [index, value] of values.entries())
        parts.push(Buffer.of(value.tag), counted(Buffer.from(index === 0 ? name : '', 'latin1')), counted(value.bytes));
  }
  parts.push(Buffer.of(GROUP.end));
  return Buffer.concat(parts);
}

/** An attribute of texts, all of one kind. */
export function texts(name: string, tag: number, ...values: string[]): IppAttribute {
  return { name, values: values.map((value) => ({ tag, bytes: Buffer.from(value) })) };
}

/** An attribute of numbers, all of one kind. */
export function numbers(name: string, tag: number, ...values: number[]): IppAttribute {
  return { name, values: values.map((value) => ({ tag, bytes: fourBytes(value) })) };
}

/** The attribute of that name, where a group has it once. */
export function attributeOf(group: IppGroup | undefined, name: string): IppAttribute | undefined {
  const found = group?.attributes.filter((attribute) => attribute.name === name) ?? [];
  return found.length === 1 ? found[0] : undefined;
}

/** Its one value as a text, where it is of that kind. */
export function textOf(attribute: IppAttribute | undefined, ...tags: number[]): string | undefined {
  const [value, ...others] = attribute?.values ?? [];
  return value && others.length === 0 && tags.includes(value.tag) ? value.bytes.toString('utf8') : undefined;
}

/** Its one value as a number. */
export function numberOf(attribute: IppAttribute | undefined): number | undefined {
  const [value, ...others] = attribute?.values ?? [];
  if (!value || others.length > 0 || value.bytes.length !== 4) return undefined;
  return value.tag === TAG.integer || value.tag === TAG.enum ? value.bytes.readInt32BE(0) : undefined;
}

function textAt(bytes: Buffer, at: number): { bytes: Buffer; end: number } | undefined {
  if (bytes.length < at + 2) return undefined;
  const length = bytes.readUInt16BE(at);
  if (length > 0x7fff) throw new NotIpp('a length below nothing');
  const end = at + 2 + length;
  return bytes.length < end ? undefined : { bytes: bytes.subarray(at + 2, end), end };
}

function depthOf(tag: number): number {
  if (tag === TAG.beginCollection) return 1;
  return tag === TAG.endCollection ? -1 : 0;
}

function counted(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function fourBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
