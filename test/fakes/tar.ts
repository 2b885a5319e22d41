/** An entry of a tar archive, as a program that means harm may write it. */
export interface TarEntry {
  name: string;
  type?: string;
  data?: Uint8Array;
  /** What the header says, whatever `data` is. */
  bytes?: number;
  prefix?: string;
}

/** A tar archive with these entries, whatever they are. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(blocksOf), Buffer.alloc(1024)]);
}

function blocksOf({ name, type = '0', data = Buffer.alloc(0), bytes = data.length, prefix = '' }: TarEntry): Buffer[] {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  header.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  header.write(prefix, 345, 155);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return [header, Buffer.from(data), Buffer.alloc((512 - (data.length % 512)) % 512)];
}

/** A pax header that says this of the entry after it. */
export function pax(key: string, value: string): TarEntry {
  const record = ` ${key}=${value}\n`;
  let length = record.length;
  while (`${length}`.length + record.length !== length) length += 1;
  return { name: 'pax', type: 'x', data: Buffer.from(`${length}${record}`) };
}
