import { Duplex } from 'node:stream';
import { FrameReader, frame, MOST_FRAME_BYTES } from './frames.ts';

const MOST_CLIENTS = 32;
const IDLE_MS = 60_000;

/** The port that leads to a guest. */
interface Port extends AsyncIterable<Buffer> {
  write(bytes: Uint8Array, done: (error?: Error | null) => void): boolean;
}

/**
 * Takes apart what comes from a guest’s port into one stream a client, until the port ends. A client that is not read lets the port wait, and
 * a guest that does not read lets its clients wait: little is held of either. One that says nothing for long is let go of.
 */
export async function serveClients(port: Port, take: (client: Duplex) => void, idleMs = IDLE_MS): Promise<void> {
  const clients = new Map<bigint, Client>();
  const reader = new FrameReader();
  const send = (bytes: Buffer) => new Promise<void>((resolve) => port.write(bytes, () => resolve()));
  try {
    for await (const chunk of port)
      for (const { client: id, bytes } of reader.read(chunk)) {
        const known = clients.get(id);
        if (bytes.length === 0) {
          known?.destroy();
          clients.delete(id);
          continue;
        }
        if (known && !known.destroyed) {
          await known.hear(bytes);
          continue;
        }
        if (clients.size >= MOST_CLIENTS) {
          await send(frame(id, Buffer.alloc(0)));
          continue;
        }
        const client = new Client(id, send, idleMs);
        clients.set(id, client);
        client.once('close', () => {
          if (clients.get(id) === client) clients.delete(id);
        });
        take(client);
        await client.hear(bytes);
      }
  } finally {
    for (const client of clients.values()) client.destroy();
  }
}

class Client extends Duplex {
  readonly #id: bigint;
  readonly #send: (bytes: Buffer) => Promise<void>;
  readonly #idle: NodeJS.Timeout;
  #wanted: (() => void) | undefined;

  constructor(id: bigint, send: (bytes: Buffer) => Promise<void>, idleMs: number) {
    super({ highWaterMark: MOST_FRAME_BYTES });
    this.#id = id;
    this.#send = send;
    this.#idle = setTimeout(() => this.destroy(), idleMs);
    this.on('error', () => undefined);
  }

  /** Resolves when there is room for more. */
  hear(bytes: Buffer): Promise<void> {
    this.#idle.refresh();
    if (this.destroyed || this.push(Buffer.from(bytes))) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wanted = resolve;
    });
  }

  override _read(): void {
    this.#wanted?.();
    this.#wanted = undefined;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#write(chunk).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    done();
    // Whoever has said all has ended: there are no halves of these connections.
    this.destroy();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#idle);
    this._read();
    void this.#send(frame(this.#id, Buffer.alloc(0)));
    done(error);
  }

  async #write(chunk: Buffer): Promise<void> {
    for (let from = 0; from < chunk.length; from += MOST_FRAME_BYTES) {
      await this.#send(frame(this.#id, chunk.subarray(from, from + MOST_FRAME_BYTES)));
      this.#idle.refresh();
    }
  }
}
