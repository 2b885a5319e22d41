import { AppError } from '../lib/errors.ts';

/** What is read: so many frames a second, each a sample of 16 bits (the lower byte first) for the left ear, and one for the right. */
const RATE = 48_000;
const CHANNELS = 2;
const S16 = 3;
const FRAME_BYTES = 4;

const VERSION = 'RFB 003.008\n';
const NO_PASSWORD = 1;
const SHARED = 1;
/** The encoding that is no picture: a server that is offered it says that it has sound. */
const HAS_SOUND = -259;
/** Messages of QEMU’s own, and which of them are about sound. */
const QEMU = 255;
const SOUND = 1;
/** What the client asks. */
const [ENABLE, SET_FORMAT] = [0, 2];
/** What the server tells. */
const [ENDS, BEGINS, SAMPLES] = [0, 1, 2];

/** QEMU’s own are a quarter of it. */
const MAX_PIECE_BYTES = 256 << 10;
const MAX_NAME_BYTES = 4096;
const MAX_TEXT_BYTES = 16 << 20;
const AT_ONCE = 4096;

/** So many bytes are waited for, and then it goes on. */
interface Step {
  bytes: number;
  next: (bytes: Buffer) => Step;
}

/** What comes of bytes: what is to be answered, and the pieces of sound that were whole by then. */
export interface Heard {
  answer: Buffer;
  samples: Buffer[];
}

/**
 * The client’s side of RFB for sound alone: it asks for no picture and sends neither keys nor pointer. It holds 4 KiB at most
 * (RFC 6143; “QEMU Audio” of the community’s description of RFB).
 */
export class SoundReader {
  #held: Buffer = Buffer.alloc(0);
  #answer: Buffer[] = [];
  #samples: Buffer[] = [];
  #step: Step = { bytes: VERSION.length, next: (bytes) => this.#takeVersion(bytes) };
  #isAsked = false;

  /** @throws VM_FAILED where it is no RFB, or nothing that was asked for */
  take(bytes: Buffer): Heard {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    let at = 0;
    while (this.#held.length - at >= this.#step.bytes) {
      const end = at + this.#step.bytes;
      this.#step = this.#step.next(this.#held.subarray(at, end));
      at = end;
    }
    // A copy: what was read at once with it may go.
    this.#held = Buffer.from(this.#held.subarray(at));
    const heard = { answer: Buffer.concat(this.#answer), samples: this.#samples };
    this.#answer = [];
    this.#samples = [];
    return heard;
  }

  #takeVersion(version: Buffer): Step {
    if (version.toString('latin1') !== VERSION) throw nonsense('another version');
    this.#answer.push(version);
    return { bytes: 1, next: ([count = 0]) => ({ bytes: count, next: (types) => this.#takeSecurity(types) }) };
  }

  #takeSecurity(types: Buffer): Step {
    if (!types.includes(NO_PASSWORD)) throw nonsense('a screen that asks for a password');
    this.#answer.push(Buffer.of(NO_PASSWORD));
    return {
      bytes: 4,
      next: (result) => {
        if (result.readUInt32BE() !== 0) throw nonsense('a refusal');
        this.#answer.push(Buffer.of(SHARED));
        return { bytes: 24, next: (screen) => this.#takeScreen(screen) };
      },
    };
  }

  #takeScreen(screen: Buffer): Step {
    const bytes = screen.readUInt32BE(20);
    if (bytes > MAX_NAME_BYTES) throw nonsense('a long name');
    return {
      bytes,
      next: () => {
        const encodings = Buffer.from([2, 0, 0, 1, 0, 0, 0, 0]);
        encodings.writeInt32BE(HAS_SOUND, 4);
        this.#answer.push(encodings);
        return this.#message();
      },
    };
  }

  #message(): Step {
    return { bytes: 1, next: ([type = 0]) => this.#takeType(type) };
  }

  #takeType(type: number): Step {
    switch (type) {
      case 0:
        return { bytes: 3, next: (head) => this.#takeRectangles(head.readUInt16BE(1)) };
      case 2:
        return this.#message();
      case 3:
        return { bytes: 7, next: (head) => this.#skip(head.readUInt32BE(3)) };
      case QEMU:
        return { bytes: 3, next: (head) => this.#takeOwn(head.readUInt8(), head.readUInt16BE(1)) };
      default:
        throw nonsense(`a message of type ${type}`);
    }
  }

  #takeRectangles(count: number): Step {
    if (count === 0) return this.#message();
    return {
      bytes: 12,
      next: (rectangle) => {
        if (rectangle.readInt32BE(8) !== HAS_SOUND) throw nonsense('a picture');
        this.#ask();
        return this.#takeRectangles(count - 1);
      },
    };
  }

  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    const format = Buffer.from([QEMU, SOUND, 0, SET_FORMAT, S16, CHANNELS, 0, 0, 0, 0]);
    format.writeUInt32BE(RATE, 6);
    this.#answer.push(format, Buffer.from([QEMU, SOUND, 0, ENABLE]));
  }

  #takeOwn(about: number, told: number): Step {
    if (about !== SOUND || !this.#isAsked) throw nonsense(`a message of its own about ${about}`);
    switch (told) {
      case ENDS:
      case BEGINS:
        return this.#message();
      case SAMPLES:
        return { bytes: 4, next: (length) => this.#takeSamples(length.readUInt32BE()) };
      default:
        throw nonsense(`a message about sound of kind ${told}`);
    }
  }

  #takeSamples(bytes: number): Step {
    if (bytes > MAX_PIECE_BYTES || bytes % FRAME_BYTES !== 0) throw nonsense(`a piece of sound of ${bytes} bytes`);
    return this.#pass(bytes, (samples) => this.#samples.push(samples));
  }

  /** What another who looks at the machine has copied. */
  #skip(bytes: number): Step {
    if (bytes > MAX_TEXT_BYTES) throw nonsense(`a text of ${bytes} bytes`);
    return this.#pass(bytes, () => undefined);
  }

  /** Gives a message on in parts, so that little is ever held. */
  #pass(bytes: number, give: (part: Buffer) => void): Step {
    if (bytes === 0) return this.#message();
    const now = Math.min(bytes, AT_ONCE);
    return {
      bytes: now,
      next: (part) => {
        give(part);
        return this.#pass(bytes - now, give);
      },
    };
  }
}

function nonsense(what: string): AppError {
  return new AppError('VM_FAILED', `QEMU speaks of sound as it should not: ${what}`);
}
