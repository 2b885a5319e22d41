import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** Guests boot slowly where other machines are busy too. */
const PATIENCE_MS = 300_000;
const ASK_AGAIN_MS = 200;

/** Run in the guest, ends when it has its address and its way out, or after a time in which every guest has. */
export const UNTIL_ROUTED = "timeout 60 sh -c 'until ip route | grep -q default; do sleep 0.1; done'";

export interface Answer {
  status: number;
  output: string;
}

/** The small guest’s shell, on the Unix socket of its serial line. One command at a time. */
export class GuestShell implements Disposable {
  readonly #socket: Socket;
  readonly #lines: Interface;
  readonly #serial = `${process.pid.toString(36)}${Date.now().toString(36)}`;
  #count = 0;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(socket: Socket) {
    this.#socket = socket.on('error', () => socket.destroy());
    this.#lines = createInterface({ input: socket });
  }

  /** Connects and waits until the guest answers. */
  static async open(path: string, patienceMs = PATIENCE_MS): Promise<GuestShell> {
    const socket = connect(path);
    await once(socket, 'connect');
    const shell = new GuestShell(socket);
    // What comes before the guest reads its line is lost in part: ask until there is an answer.
    const asking = setInterval(() => socket.write('#hello true\n'), ASK_AGAIN_MS);
    try {
      await shell.#answerTo('#hello', patienceMs);
      return shell;
    } catch (error) {
      shell[Symbol.dispose]();
      throw error;
    } finally {
      clearInterval(asking);
    }
  }

  /** Runs one line of shell in the guest; what it prints on either output comes back. */
  run(command: string, patienceMs = PATIENCE_MS): Promise<Answer> {
    if (/[\r\n]/.test(command)) throw new Error('a command is one line');
    const work = async () => {
      if (this.#socket.closed) throw new Error('the guest’s line has ended');
      const id = `#${this.#serial}.${++this.#count}`;
      this.#socket.write(`${id} ${command}\n`);
      return this.#answerTo(id, patienceMs);
    };
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  /** Sends a command that will not be answered, for it ends the guest. */
  send(command: string): void {
    this.#socket.write(`#last ${command}\n`);
  }

  [Symbol.dispose](): void {
    this.#lines.close();
    this.#socket.destroy();
  }

  async #answerTo(id: string, patienceMs: number): Promise<Answer> {
    const output: string[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const onLine = (line: string) => {
      const [, of, status] = /^\x01(#\S+) (\d+)$/.exec(line) ?? [];
      if (of === id) resolve({ status: Number(status), output: output.join('\n').trim() });
      else if (of !== undefined) output.length = 0;
      else output.push(line);
    };
    const onClose = () => reject(new Error(`the guest has gone: ${output.slice(-5).join('\n')}`));
    this.#lines.on('line', onLine).once('close', onClose);
    const limit = new AbortController();
    try {
      return await Promise.race([
        promise,
        sleep(patienceMs, undefined, { signal: limit.signal, ref: false }).then(() => silent(id, output)),
      ]);
    } finally {
      limit.abort();
      this.#lines.off('line', onLine).off('close', onClose);
    }
  }
}

function silent(id: string, output: readonly string[]): never {
  throw new Error(`the guest did not answer ${id}; it said: ${output.slice(-5).join('\n')}`);
}
