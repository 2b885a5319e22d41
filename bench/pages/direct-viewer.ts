import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const NO_SECURITY = 1;
const RAW = 0;
const BYTES_PER_PIXEL = 4;

/** A VNC client (RFB 3.8) that draws nothing: it takes each update as it is, uncompressed, and asks for the next. */
export class DirectViewer implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<Buffer>;
  /** What has come and is not taken yet. */
  #held: Buffer[] = [];
  #length = 0;
  #size: Buffer = Buffer.alloc(4);

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  /** Connects to a server on a Unix socket that asks for no password. */
  static async connect(path: string): Promise<DirectViewer> {
    const socket = connect(path);
    await once(socket, 'connect');
    const viewer = new DirectViewer(socket);
    await viewer.#greet();
    return viewer;
  }

  /** Asks for what changed since the last update, the first time for all, and waits until it is here. */
  async nextUpdate(): Promise<void> {
    this.#socket.write(Buffer.from([3, 1, 0, 0, 0, 0, ...this.#size]));
    for (;;) {
      const [type] = await this.#take(1);
      if (type === 0) return this.#takeRectangles();
      if (type === 3) await this.#take((await this.#take(7)).readUInt32BE(3));
      else if (type !== 2) throw new Error(`the VNC server sent a message of type ${type}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    if (!this.#socket.closed) await once(this.#socket, 'close');
  }

  async #greet(): Promise<void> {
    this.#socket.write(await this.#take(12));
    const [count = 0] = await this.#take(1);
    await this.#take(count);
    this.#socket.write(Buffer.from([NO_SECURITY]));
    if ((await this.#take(4)).readUInt32BE() !== 0) throw new Error('the VNC server wants a password');
    // Shared with others.
    this.#socket.write(Buffer.from([1]));
    const init = await this.#take(24);
    this.#size = init.subarray(0, 4);
    await this.#take(init.readUInt32BE(20));
    this.#socket.write(Buffer.from([2, 0, 0, 1, 0, 0, 0, RAW]));
  }

  async #takeRectangles(): Promise<void> {
    const count = (await this.#take(3)).readUInt16BE(1);
    for (let rectangle = 0; rectangle < count; rectangle += 1) {
      const head = await this.#take(12);
      await this.#take(head.readUInt16BE(4) * head.readUInt16BE(6) * BYTES_PER_PIXEL);
    }
  }

  async #take(bytes: number): Promise<Buffer> {
    while (this.#length < bytes) {
      const { value, done } = await this.#chunks.next();
      if (done) throw new Error('the VNC server has gone');
      this.#held.push(value);
      this.#length += value.length;
    }
    const held = Buffer.concat(this.#held);
    this.#held = [held.subarray(bytes)];
    this.#length -= bytes;
    return held.subarray(0, bytes);
  }
}
