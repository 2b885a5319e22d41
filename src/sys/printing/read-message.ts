import { type IppMessage, NotIpp, parseIpp } from './ipp.ts';

const FIRST_LOOK_BYTES = 2048;

/**
 * Reads a message from the beginning of a stream; `rest` is what follows it, as it comes. It is looked at whenever twice as much
 * has come, so that whoever sends it byte by byte has not each byte read anew.
 * @throws NotIpp where it is none, or longer than `maxBytes`
 */
export async function readMessage(
  stream: AsyncIterable<Buffer>,
  maxBytes: number,
): Promise<{ message: IppMessage; rest: AsyncIterable<Buffer> }> {
  const chunks = stream[Symbol.asyncIterator]();
  let bytes = Buffer.alloc(0);
  let held: Buffer[] = [];
  let length = 0;
  for (let look = FIRST_LOOK_BYTES; ; look = Math.min(2 * length, maxBytes)) {
    let isAll = false;
    while (length < look && !isAll) {
      const { value, done } = await chunks.next();
      isAll = done === true;
      if (!value) continue;
      held.push(value);
      length += value.length;
    }
    bytes = Buffer.concat([bytes, ...held]);
    held = [];
    const parsed = parseIpp(bytes.subarray(0, maxBytes));
    if (parsed) return { message: parsed.message, rest: following(bytes.subarray(parsed.length), chunks) };
    if (isAll || length >= maxBytes) throw new NotIpp(isAll ? 'a message that is cut off' : 'a message without an end');
  }
}

async function* following(first: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (;;) {
    const { value, done } = await chunks.next();
    if (done) return;
    yield value;
  }
}
