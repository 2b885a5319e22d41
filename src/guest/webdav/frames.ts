/** A piece of what one client in the guest says; an empty one says that it has gone. */
export interface Frame {
  client: bigint;
  bytes: Buffer;
}

/** The client’s number and the number of bytes, as spice-webdavd writes them: little-endian. */
const HEAD_BYTES = 10;
export const MOST_FRAME_BYTES = 0xff_ff;

/** Frames as they come, at most one of which is held. */
export class FrameReader {
  #held: Buffer = Buffer.alloc(0);

  read(bytes: Buffer): Frame[] {
    const frames: Frame[] = [];
    let rest = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    while (rest.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + rest.readUInt16LE(8);
      if (rest.length < end) break;
      frames.push({ client: rest.readBigInt64LE(0), bytes: rest.subarray(HEAD_BYTES, end) });
      rest = rest.subarray(end);
    }
    this.#held = Buffer.from(rest);
    return frames;
  }
}

/** A frame for a client, of at most `MOST_FRAME_BYTES`. */
export function frame(client: bigint, bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeBigInt64LE(client, 0);
  head.writeUInt16LE(bytes.length, 8);
  return Buffer.concat([head, bytes]);
}
