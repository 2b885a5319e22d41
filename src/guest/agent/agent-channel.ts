import { AppError } from '../../lib/errors.ts';
import { Turns } from '../../lib/turns.ts';
import { connectUnix, paced, type Socket } from '../../sys/network/sockets.ts';
import { AgentClipboard, type Effect } from './agent-clipboard.ts';
import { AgentFiles } from './agent-files.ts';
import { type ClipboardRules, type Copied, isAsSaid } from './copied.ts';
import { ABILITIES, AGENT, type AgentMessage, AgentReader, agentMessage, readWords, words } from './messages.ts';
import { type FileResult, isFileName, type SentFile } from './sent-file.ts';

const CONNECT_MS = 30_000;
/** How long an agent may take to give what was copied, or to begin with a file. */
const ANSWER_MS = 10_000;
/** What a guest may make the host read, whatever it is. */
const READ_BYTES_PER_S = 32 << 20;

/** Which files may go into a guest. */
export interface FileRules {
  hostToGuest: boolean;
  mostBytes: number;
}

/** What the clipboard did, for the log; never what was in it. */
export type ClipboardNote =
  | { what: 'file'; name: string; bytes: number }
  | { what: 'given' | 'taken'; type: Copied['type']; bytes: number }
  | { what: 'kept-inside' }
  | { what: 'copied'; serial: number };

export interface AgentOptions {
  vm: string;
  rules: () => ClipboardRules;
  fileRules: () => FileRules;
  onNote: (note: ClipboardNote) => void;
  onFailure: (error: unknown) => void;
  signal?: AbortSignal;
  withinMs?: number;
  answerMs?: number;
}

/**
 * The host’s end of the channel to the SPICE agent in one guest. Whatever the guest sends, or does not, this holds one thing of each way
 * within what the rules allow, and waits for no answer longer than some seconds.
 */
export class AgentChannel implements AsyncDisposable {
  /** Settles when the channel has ended. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #options: AgentOptions;
  readonly #clipboard: AgentClipboard;
  readonly #files: AgentFiles;
  readonly #taking = new Turns();
  #isThere = false;
  #taken: ((content: Taken) => void) | undefined;

  private constructor(socket: Socket, options: AgentOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#clipboard = new AgentClipboard(options.rules);
    const { answerMs = ANSWER_MS } = options;
    this.#files = new AgentFiles({ answerMs, write: (bytes) => this.#write(bytes) });
    socket.on('error', () => socket.destroy());
    this.closed = this.#serve();
  }

  static async connect(path: string, options: AgentOptions): Promise<AgentChannel> {
    const { signal, withinMs = CONNECT_MS } = options;
    return new AgentChannel(await connectUnix(path, withinMs, signal), options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  /** Whether an agent has said that it is there. */
  get isThere(): boolean {
    return this.#isThere;
  }

  /** Grows with each thing that was copied in the guest and may leave it. */
  get serial(): number {
    return this.#clipboard.serial;
  }

  /** The guest was reset: its agent says anew that it is there. */
  beginAgain(): void {
    this.#isThere = false;
    this.#clipboard.beginAgain();
  }

  /** Lets what was copied on the computer be pasted in the guest. @throws CLIPBOARD_FORBIDDEN, CLIPBOARD_TOO_LARGE, CLIPBOARD_DAMAGED, AGENT_MISSING */
  give(content: Copied): void {
    const { hostToGuest } = this.#options.rules();
    if (!hostToGuest) throw this.#forbidden('into');
    this.#requireSmall(content.bytes.length);
    if (!isAsSaid(content)) throw this.#damaged();
    this.#requireAgent();
    this.#socket.write(this.#clipboard.offer(content));
  }

  /** What was copied in the guest. @throws CLIPBOARD_FORBIDDEN, CLIPBOARD_EMPTY, CLIPBOARD_TOO_LARGE, CLIPBOARD_DAMAGED, AGENT_MISSING */
  async take(): Promise<Copied> {
    return this.#taking.take(async () => {
      if (!this.#options.rules().guestToHost) throw this.#forbidden('out of');
      this.#requireAgent();
      const request = this.#clipboard.ask();
      if (!request) throw this.#empty();
      const taken = await this.#answerTo(request);
      if (taken === 'silent') throw this.#silent('does not give what was copied');
      if (taken === 'nothing') throw this.#empty();
      if (taken === 'damaged') throw this.#damaged();
      if (!('type' in taken)) throw this.#tooLarge(taken.bytes);
      // Whoever forbids it while it is on its way is obeyed.
      if (!this.#options.rules().guestToHost) throw this.#forbidden('out of');
      this.#options.onNote({ what: 'taken', type: taken.type, bytes: taken.bytes.length });
      return taken;
    });
  }

  /** Puts a file into the guest, where its agent puts files. @throws FILES_FORBIDDEN, FILES_TOO_LARGE, FILES_REFUSED, USAGE, AGENT_MISSING, INTERRUPTED */
  async sendFile(file: SentFile): Promise<void> {
    const { vm, fileRules, onNote } = this.#options;
    const { hostToGuest, mostBytes } = fileRules();
    if (!hostToGuest) throw filesForbidden(vm);
    if (!isFileName(file.name)) throw new AppError('USAGE', 'this is no name that every guest takes for a file');
    if (!(file.bytes <= mostBytes))
      throw new AppError('FILES_TOO_LARGE', `${file.name} has ${file.bytes} bytes, and ${mostBytes} may go into ${vm}`);
    this.#requireAgent();
    const isWanted = () => file.signal?.aborted !== true;
    const result = await this.#files.send(file, () => fileRules().hostToGuest && isWanted());
    if (result === 'cancelled' && !isWanted()) throw new AppError('INTERRUPTED', `${file.name} was cancelled`);
    if (!fileRules().hostToGuest) throw filesForbidden(vm);
    if (result === 'silent') throw this.#silent('does not answer');
    if (result !== 'arrived')
      throw new AppError('FILES_REFUSED', `the guest of ${vm} does not take ${file.name}: ${WHY[result]}`);
    onNote({ what: 'file', name: file.name, bytes: file.bytes });
  }

  async #answerTo(request: Buffer): Promise<Taken> {
    const { answerMs = ANSWER_MS } = this.#options;
    const waiting = Promise.withResolvers<Taken>();
    this.#taken = waiting.resolve;
    const limit = setTimeout(() => waiting.resolve('silent'), answerMs);
    this.#socket.write(request);
    try {
      return await waiting.promise;
    } finally {
      clearTimeout(limit);
      this.#taken = undefined;
      this.#clipboard.giveUp();
    }
  }

  async #serve(): Promise<void> {
    const reader = new AgentReader((type) => this.#clipboard.mostBytes(type));
    try {
      await this.#write(announcement(1));
      for await (const bytes of paced(this.#socket, READ_BYTES_PER_S))
        for (const message of reader.read(bytes)) await this.#hear(message);
    } catch (error) {
      if (!this.#socket.destroyed) this.#options.onFailure(error);
    } finally {
      this.#isThere = false;
      this.#taken?.('silent');
      this.#socket.destroy();
    }
  }

  async #hear(message: AgentMessage): Promise<void> {
    if (message.type === AGENT.announce && message.data) return this.#meet(message.data);
    if (message.type === AGENT.fileStatus && message.data) return this.#files.hear(message.data);
    const { send, happened } = this.#clipboard.hear(message);
    // A guest that does not read is not read either.
    if (send) await this.#write(send);
    if (happened) this.#note(happened);
  }

  async #meet(data: Buffer): Promise<void> {
    const [wantsAnswer] = readWords(data);
    this.#isThere = true;
    if (!wantsAnswer) return;
    this.#clipboard.beginAgain();
    await this.#write(announcement(0));
  }

  #note(happened: NonNullable<Effect['happened']>): void {
    const { onNote } = this.#options;
    switch (happened.what) {
      case 'given': {
        const { type, bytes } = happened.content;
        onNote({ what: 'given', type, bytes: bytes.length });
        break;
      }
      case 'taken':
        this.#taken?.(happened.content);
        break;
      default:
        onNote(happened);
    }
  }

  #write(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.write(bytes, () => resolve());
    });
  }

  #requireAgent(): void {
    if (!this.#isThere) throw this.#silent('is not there');
  }

  #requireSmall(bytes: number): void {
    if (bytes > this.#options.rules().mostBytes) throw this.#tooLarge(bytes);
  }

  #forbidden(way: 'into' | 'out of'): AppError {
    const { vm } = this.#options;
    return new AppError('CLIPBOARD_FORBIDDEN', `the project lets nothing that was copied ${way} ${vm}`);
  }

  #tooLarge(bytes: number): AppError {
    const { mostBytes } = this.#options.rules();
    const text = `what was copied has ${bytes} bytes, and ${mostBytes} may pass`;
    return new AppError('CLIPBOARD_TOO_LARGE', text);
  }

  #empty(): AppError {
    return new AppError('CLIPBOARD_EMPTY', `nothing that was copied in ${this.#options.vm} is a text or a picture`);
  }

  #damaged(): AppError {
    return new AppError('CLIPBOARD_DAMAGED', 'what was copied is neither text in UTF-8 nor a PNG picture');
  }

  #silent(how: string): AppError {
    return new AppError('AGENT_MISSING', `the agent in the guest of ${this.#options.vm} ${how}`);
  }
}

const WHY: Record<Exclude<FileResult, 'silent' | 'arrived'>, string> = {
  'go on': 'it went on although all was sent',
  cancelled: 'it was cancelled there',
  failed: 'it could not write it',
  'no room': 'it has no room for it',
  locked: 'its session is locked',
  'no desktop': 'nobody is at its desktop',
  disabled: 'its agent takes no files',
};

function filesForbidden(vm: string): AppError {
  return new AppError('FILES_FORBIDDEN', `the project lets no files into ${vm}`);
}

type Taken = Extract<NonNullable<Effect['happened']>, { what: 'taken' }>['content'] | 'silent';

/** What this end can do; with 1 it asks what the other can. */
function announcement(asks: 0 | 1): Buffer {
  const can = Object.values(ABILITIES).reduce((bits, bit) => bits | (1 << bit), 0);
  return agentMessage(AGENT.announce, words(asks, can));
}
