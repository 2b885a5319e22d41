import { createReadStream } from 'node:fs';
import { AppError } from '../../lib/errors.ts';

/** All that comes through a descriptor that this program was started with. @throws USAGE when it is not open, FILE_TOO_LARGE */
export async function readDescriptor(fd: number, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of createReadStream('', { fd, autoClose: false })) {
      parts.push(part);
      length += part.length;
      if (length > maxBytes) throw new AppError('FILE_TOO_LARGE', `descriptor ${fd} gives more than ${maxBytes} bytes`);
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('USAGE', `descriptor ${fd} cannot be read`, { cause });
  }
  return Buffer.concat(parts);
}
