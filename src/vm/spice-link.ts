import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { AppError } from '../lib/errors.ts';
import { Incoming } from './incoming.ts';

const MAGIC = 'REDQ';
const [MAJOR, MINOR] = [2, 2];
const KEY_BYTES = 162;
/** What is said of a link besides its key is short. */
const MAX_REPLY_BYTES = 4096;
/** It says how it lets in, lets in by a ticket, and has short heads of messages. */
const ABILITIES = 0b1011;
const BY_TICKET = 1;
const HEAD_BYTES = 6;
/** So much of a message is looked at; the rest is let pass. */
const LOOKED_AT = 64;

const ASKED = { acknowledge: 3, ping: 4 };
const ANSWERED = { acknowledges: 1, acknowledge: 2, pong: 3 };

export const CHANNELS = { main: 1, record: 6 };

/** A message of the server’s: its kind, and how it begins. */
export interface SpiceMessage {
  type: number;
  begins: Buffer;
}

/** One channel of a SPICE server that asks for no password: what it says, without what its client answers for itself. */
export class SpiceChannel {
  readonly #socket: Duplex;
  readonly #incoming: Incoming;
  /** The server waits for a word after so many messages. */
  #window = 0;
  #taken = 0;

  private constructor(socket: Duplex, incoming: Incoming) {
    this.#socket = socket;
    this.#incoming = incoming;
  }

  /** `session` is that of the main channel; 0 for that itself. @throws VM_FAILED where it is no such server */
  static async open(socket: Duplex, channel: number, session: number): Promise<SpiceChannel> {
    const incoming = new Incoming(socket, 'the sound of QEMU');
    const wish = Buffer.alloc(22);
    wish.writeUInt32LE(session, 0);
    wish.writeUInt8(channel, 4);
    wish.writeUInt32LE(1, 6);
    wish.writeUInt32LE(18, 14);
    wish.writeUInt32LE(ABILITIES, 18);
    socket.write(Buffer.concat([head(wish.length), wish]));
    const { key } = readReply(await replyOf(incoming));
    const how = Buffer.alloc(4);
    how.writeUInt32LE(BY_TICKET);
    socket.write(Buffer.concat([how, emptyTicket(key)]));
    const refused = (await incoming.take(4)).readUInt32LE();
    if (refused !== 0) throw nonsense(`a refusal (${refused})`);
    return new SpiceChannel(socket, incoming);
  }

  /** How much waits to be taken by the server. */
  get waitingBytes(): number {
    return this.#socket.writableLength;
  }

  send(type: number, body: Buffer): void {
    const start = Buffer.alloc(HEAD_BYTES);
    start.writeUInt16LE(type, 0);
    start.writeUInt32LE(body.length, 2);
    this.#socket.write(Buffer.concat([start, body]));
  }

  /** The next message that is for whoever uses the channel. @throws VM_FAILED when it has ended */
  async next(): Promise<SpiceMessage> {
    for (;;) {
      const start = await this.#incoming.take(HEAD_BYTES);
      const [type, bytes] = [start.readUInt16LE(0), start.readUInt32LE(2)];
      const begins = await this.#incoming.take(Math.min(bytes, LOOKED_AT));
      await this.#incoming.skip(bytes - begins.length);
      if (!this.#answers({ type, begins })) return { type, begins };
    }
  }

  #answers({ type, begins }: SpiceMessage): boolean {
    if (type === ASKED.acknowledge) {
      this.#window = uint32(begins, 4);
      this.#taken = 0;
      this.send(ANSWERED.acknowledges, begins.subarray(0, 4));
      return true;
    }
    this.#taken += 1;
    if (this.#window > 0 && this.#taken >= this.#window) {
      this.#taken = 0;
      this.send(ANSWERED.acknowledge, Buffer.alloc(0));
    }
    if (type !== ASKED.ping) return false;
    this.send(ANSWERED.pong, begins.subarray(0, 12));
    return true;
  }
}

/** A number of a message. @throws VM_FAILED where it is too short */
export function uint32(begins: Buffer, at: number): number {
  if (begins.length < at + 4) throw nonsense('a message that is too short');
  return begins.readUInt32LE(at);
}

function head(bytes: number): Buffer {
  const start = Buffer.alloc(16);
  start.write(MAGIC, 'latin1');
  start.writeUInt32LE(MAJOR, 4);
  start.writeUInt32LE(MINOR, 8);
  start.writeUInt32LE(bytes, 12);
  return start;
}

async function replyOf(incoming: Incoming): Promise<Buffer> {
  const start = await incoming.take(16);
  const bytes = start.readUInt32LE(12);
  if (start.toString('latin1', 0, 4) !== MAGIC || start.readUInt32LE(4) !== MAJOR) throw nonsense('another protocol');
  if (bytes > MAX_REPLY_BYTES || bytes < 4 + KEY_BYTES) throw nonsense(`an answer of ${bytes} bytes`);
  return incoming.take(bytes);
}

function readReply(reply: Buffer): { key: Buffer } {
  const refused = reply.readUInt32LE(0);
  if (refused !== 0) throw nonsense(`a refusal (${refused})`);
  return { key: reply.subarray(4, 4 + KEY_BYTES) };
}

/** It wants a password in this form where there is none, too. @throws VM_FAILED */
function emptyTicket(der: Buffer): Buffer {
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, Buffer.from('\0'));
  } catch (cause) {
    throw new AppError('VM_FAILED', 'QEMU speaks of sound as it should not: a key that is none', { cause });
  }
}

export function nonsense(what: string): AppError {
  return new AppError('VM_FAILED', `QEMU speaks of sound as it should not: ${what}`);
}
