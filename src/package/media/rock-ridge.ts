import type { MediumFile } from '../../sys/sources/medium-file.ts';
import type { TableOfContents } from './table-of-contents.ts';

const SECTOR = 2048;
const MAX_CONTINUATIONS = 16;
const FILE_TYPE = 0o170000;
const ORDINARY: readonly number[] = [0o100000, 0o040000];

/** Names and modes of Rock Ridge (IEEE P1282), in the system use fields (SUSP) of ISO 9660 directory records. */
export const rockRidge = {
  /** How many bytes to leave out before each record’s fields, or undefined where the image has no Rock Ridge. */
  begin(self: Buffer): number | undefined {
    const fields = systemUse(self, 0);
    const isMarked = fields.toString('latin1', 0, 2) === 'SP' && fields[4] === 0xbe && fields[5] === 0xef;
    return isMarked ? fields[6] : undefined;
  },

  /** @throws MEDIA_INVALID for links, devices, and records that are damaged */
  async name(record: Buffer, skip: number, medium: MediumFile, found: TableOfContents): Promise<string | undefined> {
    const parts: Buffer[] = [];
    let fields: Buffer | undefined = systemUse(record, skip);
    for (let hops = 0; fields; hops += 1) {
      if (hops > MAX_CONTINUATIONS) throw found.refusal('a name without end');
      let more: Promise<Buffer> | undefined;
      for (const { kind, body } of entries(fields, found)) {
        if (kind === 'SL' || kind === 'CL' || kind === 'PL' || kind === 'RE' || kind === 'SF' || kind === 'ZF')
          throw found.refusal('a link, or a file that is no ordinary one');
        if (kind === 'PX' && !ORDINARY.includes(body.readUInt32LE(0) & FILE_TYPE))
          throw found.refusal('a link or a device');
        if (kind === 'NM') parts.push(body.subarray(1));
        if (kind === 'CE') more = continuation(body, medium, found);
      }
      fields = await more;
    }
    const isSelfOrAbove = record[32] === 1 && (record[33] ?? 0) < 2;
    if (isSelfOrAbove) return undefined;
    if (parts.length === 0) throw found.refusal('a file without a name');
    return Buffer.concat(parts).toString('utf8');
  },
};

function systemUse(record: Buffer, skip: number): Buffer {
  const nameBytes = record[32] ?? 0;
  return record.subarray(33 + nameBytes + (nameBytes % 2 === 0 ? 1 : 0) + skip);
}

function* entries(fields: Buffer, found: TableOfContents): Generator<{ kind: string; body: Buffer }> {
  for (let at = 0; at + 4 <= fields.length; ) {
    const kind = fields.toString('latin1', at, at + 2);
    const length = fields[at + 2] ?? 0;
    if (kind === 'ST' || kind === '\0\0') return;
    const least = { PX: 8, CE: 28, NM: 5 }[kind] ?? 4;
    if (length < least || at + length > fields.length) throw found.refusal('a damaged folder');
    yield { kind, body: fields.subarray(at + 4, at + length) };
    at += length;
  }
}

async function continuation(body: Buffer, medium: MediumFile, found: TableOfContents): Promise<Buffer> {
  const [block, offset, bytes] = [body.readUInt32LE(0), body.readUInt32LE(8), body.readUInt32LE(16)];
  if (offset + bytes > SECTOR) throw found.refusal('a damaged folder');
  return medium.read(block * SECTOR + offset, bytes);
}
