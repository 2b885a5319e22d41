/**
 * The messages of the SPICE agent protocol (spice-protocol, `spice/vd_agent.h`) that Lazaret speaks with the agent in a guest: little-endian,
 * in chunks of a port and a length. What a guest sends is read piece by piece and never held beyond a cap.
 */
export const AGENT = {
  reply: 3,
  clipboard: 4,
  announce: 6,
  grab: 7,
  request: 8,
  release: 9,
  fileStart: 10,
  fileStatus: 11,
  fileData: 12,
} as const;

/** What each end says it can do, as bits. */
export const ABILITIES = { clipboardByDemand: 5, clipboardSelection: 6, fileErrors: 14 } as const;

/** A message of the guest’s; without `data` it was longer than was wished for, and nothing of it was kept. */
export interface AgentMessage {
  type: number;
  bytes: number;
  data?: Buffer;
}

const PORT = 1;
const PROTOCOL = 1;
const CHUNK_HEAD_BYTES = 8;
const MESSAGE_HEAD_BYTES = 20;
/** What the agent takes of a chunk. */
const MAX_CHUNK_BYTES = 2048;

/** A message as it goes to the guest. */
export function agentMessage(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(MESSAGE_HEAD_BYTES);
  head.writeUInt32LE(PROTOCOL, 0);
  head.writeUInt32LE(type, 4);
  head.writeUInt32LE(data.length, 16);
  const whole = Buffer.concat([head, data]);
  const chunks: Buffer[] = [];
  for (let at = 0; at < whole.length; at += MAX_CHUNK_BYTES) {
    const chunk = whole.subarray(at, at + MAX_CHUNK_BYTES);
    const chunkHead = Buffer.alloc(CHUNK_HEAD_BYTES);
    chunkHead.writeUInt32LE(PORT, 0);
    chunkHead.writeUInt32LE(chunk.length, 4);
    chunks.push(chunkHead, chunk);
  }
  return Buffer.concat(chunks);
}

/** Numbers of 32 bits, as most messages are made of. */
export function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, index * 4);
  return bytes;
}

/** The numbers that a message is made of; what is left of it is ignored. */
export function readWords(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length >> 2 }, (_, index) => bytes.readUInt32LE(index * 4));
}

/** A message that is on its way. */
interface Coming {
  type: number;
  bytes: number;
  /** What is still to come of it. */
  left: number;
  parts: Buffer[] | undefined;
}

/**
 * Reads what a guest sends, however it is cut. `mostBytes` says how much of a message of a type is wished for, before any of it is
 * kept; what is longer is counted and passed over.
 */
export class AgentReader {
  readonly #mostBytes: (type: number) => number;
  #held: Buffer = Buffer.alloc(0);
  #chunkLeft = 0;
  #coming: Coming | undefined;

  constructor(mostBytes: (type: number) => number) {
    this.#mostBytes = mostBytes;
  }

  /** The messages that are whole with these bytes. */
  *read(bytes: Buffer): Generator<AgentMessage> {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#chunkLeft === 0) {
        rest = this.#hold(rest, CHUNK_HEAD_BYTES);
        if (this.#held.length < CHUNK_HEAD_BYTES) return;
        this.#chunkLeft = this.#held.readUInt32LE(4);
        this.#held = Buffer.alloc(0);
        continue;
      }
      const chunk = rest.subarray(0, this.#chunkLeft);
      this.#chunkLeft -= chunk.length;
      rest = rest.subarray(chunk.length);
      yield* this.#readChunk(chunk);
    }
  }

  // A head is cut neither by a chunk’s end (the agent writes it whole) nor held beyond its few bytes.
  #head: Buffer = Buffer.alloc(0);

  *#readChunk(chunk: Buffer): Generator<AgentMessage> {
    let rest = chunk;
    while (rest.length > 0 || this.#coming?.left === 0) {
      if (!this.#coming) {
        const wanted = MESSAGE_HEAD_BYTES - this.#head.length;
        this.#head = Buffer.concat([this.#head, rest.subarray(0, wanted)]);
        rest = rest.subarray(wanted);
        if (this.#head.length < MESSAGE_HEAD_BYTES) return;
        this.#coming = this.#begin(this.#head);
        this.#head = Buffer.alloc(0);
      }
      const part = rest.subarray(0, this.#coming.left);
      this.#coming.parts?.push(Buffer.from(part));
      this.#coming.left -= part.length;
      rest = rest.subarray(part.length);
      if (this.#coming.left > 0) return;
      const { type, bytes, parts } = this.#coming;
      this.#coming = undefined;
      yield { type, bytes, ...(parts ? { data: Buffer.concat(parts) } : {}) };
    }
  }

  #begin(head: Buffer): Coming {
    const type = head.readUInt32LE(4);
    const bytes = head.readUInt32LE(16);
    return { type, bytes, left: bytes, parts: bytes <= this.#mostBytes(type) ? [] : undefined };
  }

  #hold(bytes: Buffer, length: number): Buffer {
    const wanted = length - this.#held.length;
    this.#held = Buffer.concat([this.#held, bytes.subarray(0, wanted)]);
    return bytes.subarray(wanted);
  }
}
