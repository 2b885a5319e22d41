import { randomBytes, timingSafeEqual } from 'node:crypto';

const LINK_MS = 120_000;
/** Who opens more pages than this within two minutes loses the oldest links. */
const MAX_LINKS = 32;
const SESSION_MS = 12 * 3_600_000;
const MAX_SESSIONS = 32;

interface Kept {
  secret: Buffer;
  until: number;
}

/** Secrets of which each is good for a while; the oldest goes where there are too many. */
class Secrets {
  readonly #keepMs: number;
  readonly #max: number;
  #kept: Kept[] = [];

  constructor(keepMs: number, max: number) {
    this.#keepMs = keepMs;
    this.#max = max;
  }

  make(nowMs: number): string {
    const secret = randomBytes(32);
    this.#kept = [...this.#alive(nowMs), { secret, until: nowMs + this.#keepMs }].slice(-this.#max);
    return secret.toString('base64url');
  }

  has(text: string, nowMs: number): boolean {
    return this.#find(text, nowMs) !== undefined;
  }

  /** Whether it was there; it is not any more. */
  take(text: string, nowMs: number): boolean {
    const found = this.#find(text, nowMs);
    this.#kept = this.#kept.filter((kept) => kept !== found);
    return found !== undefined;
  }

  #find(text: string, nowMs: number): Kept | undefined {
    const asked = Buffer.from(text, 'base64url');
    return this.#alive(nowMs).find(({ secret }) => secret.length === asked.length && timingSafeEqual(secret, asked));
  }

  #alive(nowMs: number): Kept[] {
    return this.#kept.filter(({ until }) => until > nowMs);
  }
}

/** Who may use the pages: whoever came by a link that was made for him, once, and from then on by his session. */
export class Admission {
  readonly #links = new Secrets(LINK_MS, MAX_LINKS);
  readonly #sessions = new Secrets(SESSION_MS, MAX_SESSIONS);

  /** A token for a link that opens the pages once, within two minutes. */
  makeToken(nowMs: number): string {
    return this.#links.make(nowMs);
  }

  /** The session of who comes with a token, or undefined where the token is used, old or none of ours. */
  redeem(token: string, nowMs: number): string | undefined {
    return this.#links.take(token, nowMs) ? this.#sessions.make(nowMs) : undefined;
  }

  isSession(session: string, nowMs: number): boolean {
    return this.#sessions.has(session, nowMs);
  }
}
