import { type ClipboardRules, COPIED_TYPES, type Copied, type CopiedType, chosenType, isAsSaid } from './copied.ts';
import { AGENT, type AgentMessage, agentMessage, readWords, words } from './messages.ts';

/** The selection that Ctrl-C fills, as each of these messages begins with; the others stay in the guest. */
const SELECTION = 0;
const HEAD_BYTES = 4;
const NOTHING = 0;

/** What comes of a message: what goes to the guest, and what is to be known of it. */
export interface Effect {
  send?: Buffer;
  happened?:
    | { what: 'given'; content: Copied }
    | { what: 'copied'; serial: number }
    | { what: 'kept-inside' }
    | { what: 'taken'; content: Copied | 'nothing' | 'damaged' | { bytes: number } };
}

/**
 * The clipboard between one guest and its user’s computer, without any I/O. Each way is asked of the rules when something is to pass,
 * and not before: what a policy takes back does not pass any more. Nothing of the guest’s is asked for, held or counted unless its way is open.
 */
export class AgentClipboard {
  readonly #rules: () => ClipboardRules;
  #offered: { content: Copied; isTold: boolean } | undefined;
  #copied: { serial: number; type: CopiedType } | undefined;
  #asked: CopiedType | undefined;
  #serial = 0;

  constructor(rules: () => ClipboardRules) {
    this.#rules = rules;
  }

  /** Grows with each thing that was copied in the guest and may leave it; 0 where there is none. */
  get serial(): number {
    return this.#copied && this.#rules().guestToHost ? this.#copied.serial : 0;
  }

  /** How much of a message of the guest’s is wished for. */
  mostBytes(type: number): number {
    if (type !== AGENT.clipboard) return 1024;
    return this.#asked && this.#rules().guestToHost ? this.#rules().mostBytes + 2 * HEAD_BYTES : 0;
  }

  /** Offers something of the computer’s to the guest, which asks for it when somebody pastes. */
  offer(content: Copied): Buffer {
    this.#offered = { content, isTold: false };
    this.#copied = undefined;
    return agentMessage(AGENT.grab, Buffer.concat([words(SELECTION), words(COPIED_TYPES[content.type])]));
  }

  /** Asks the guest for what was copied in it; undefined where nothing was, or nothing may leave it. */
  ask(): Buffer | undefined {
    if (!this.#copied || !this.#rules().guestToHost) return undefined;
    this.#asked = this.#copied.type;
    return agentMessage(AGENT.request, Buffer.concat([words(SELECTION), words(COPIED_TYPES[this.#asked])]));
  }

  /** Nobody waits for the guest’s answer any more: it is not taken when it comes. */
  giveUp(): void {
    this.#asked = undefined;
  }

  /** The guest, or its agent, has begun anew. */
  beginAgain(): void {
    this.#offered = undefined;
    this.#copied = undefined;
    this.#asked = undefined;
  }

  hear({ type, bytes, data }: AgentMessage): Effect {
    if (type === AGENT.clipboard) return this.#take(bytes, data);
    if (!data || data[0] !== SELECTION) return {};
    const [, ...numbers] = readWords(data);
    switch (type) {
      case AGENT.grab:
        return this.#noteCopied(numbers);
      case AGENT.request:
        return this.#answer(numbers);
      case AGENT.release:
        this.#copied = undefined;
        return {};
      default:
        return {};
    }
  }

  #noteCopied(offered: readonly number[]): Effect {
    this.#offered = undefined;
    this.#copied = undefined;
    const type = chosenType(offered);
    if (!this.#rules().guestToHost) return { happened: { what: 'kept-inside' } };
    if (!type) return {};
    this.#serial += 1;
    this.#copied = { serial: this.#serial, type };
    return { happened: { what: 'copied', serial: this.#serial } };
  }

  #answer([wanted = NOTHING]: readonly number[]): Effect {
    const { hostToGuest, mostBytes } = this.#rules();
    const offered = this.#offered;
    const mayPass = hostToGuest && offered && offered.content.bytes.length <= mostBytes;
    if (!mayPass || COPIED_TYPES[offered.content.type] !== wanted)
      return { send: agentMessage(AGENT.clipboard, Buffer.concat([words(SELECTION), words(NOTHING)])) };
    const { content, isTold } = offered;
    offered.isTold = true;
    const send = agentMessage(AGENT.clipboard, Buffer.concat([words(SELECTION), words(wanted), content.bytes]));
    return { send, ...(isTold ? {} : { happened: { what: 'given', content } }) };
  }

  #take(bytes: number, data: Buffer | undefined): Effect {
    const asked = this.#asked;
    if (!asked || !this.#rules().guestToHost) return {};
    this.#asked = undefined;
    if (!data) return { happened: { what: 'taken', content: { bytes: Math.max(0, bytes - 2 * HEAD_BYTES) } } };
    const content = { type: asked, bytes: data.subarray(2 * HEAD_BYTES) };
    const [selection, type] = readWords(data.subarray(0, 2 * HEAD_BYTES));
    if (selection !== SELECTION || type !== COPIED_TYPES[asked])
      return { happened: { what: 'taken', content: 'nothing' } };
    return { happened: { what: 'taken', content: isAsSaid(content) ? content : 'damaged' } };
  }
}
