export const BLOCK_BYTES = 512;
const LONGEST_NAME = 100;

/** What stands before a file in a tar archive (POSIX pax). It says nothing of the computer it was made on, nor when. */
export function tarHeader(path: string, bytes: number): Buffer {
  const isLong = path.length > LONGEST_NAME;
  // The length of a record counts its own digits.
  const record = Buffer.from(` path=${path}\n`);
  const digits = `${record.length + `${record.length}`.length}`.length;
  const pax = Buffer.concat([Buffer.from(`${record.length + digits}`), record]);
  const name = path.slice(0, LONGEST_NAME);
  const long = [block('pax', pax.length, 'x'), pax, padding(pax.length)];
  return Buffer.concat([...(isLong ? long : []), block(name, bytes, '0')]);
}

/** What stands behind it, to the next block. */
export function padding(bytes: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES);
}

function block(name: string, bytes: number, type: string): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name, 0, 'latin1');
  header.write('0000644\0', 100, 'latin1');
  header.write('0000000\x000000000\0', 108, 'latin1');
  header.write(sizeField(bytes), 124, 'latin1');
  header.write('00000000000\0', 136, 'latin1');
  header.write('        ', 148, 'latin1');
  header.write(type, 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** Octal digits; from 8 GiB on a number in base 256, as every tar of today reads it. */
function sizeField(bytes: number): string {
  if (bytes < 8 ** 11) return `${bytes.toString(8).padStart(11, '0')}\0`;
  const field = Buffer.alloc(12);
  field.writeUIntBE(bytes, 6, 6);
  field[0] = 0x80;
  return field.toString('latin1');
}
