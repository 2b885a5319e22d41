import { createHash, randomBytes } from 'node:crypto';

const LINK_MS = 120_000;
/** Who opens more pages than this within two minutes loses the oldest links. */
const MAX_LINKS = 32;
const SESSION_MS = 12 * 3_600_000;
export const MAX_SESSIONS = 32;

/** A session without what opens it: the user whose browser has it, and until when. */
export interface Session {
  /** SHA-256 of its secret. */
  digest: string;
  user: number;
  /** Milliseconds since 1970. */
  until: number;
}

/** Secrets of which each is good for a while; the oldest goes where there are too many. Only their digests are kept. */
class Secrets<About> {
  readonly #keepMs: number;
  readonly #max: number;
  #kept: (About & { digest: string; until: number })[] = [];

  constructor(keepMs: number, max: number) {
    this.#keepMs = keepMs;
    this.#max = max;
  }

  make(about: About, nowMs: number): string {
    const secret = randomBytes(32).toString('base64url');
    this.keep([...this.alive(nowMs), { ...about, digest: digestOf(secret), until: nowMs + this.#keepMs }]);
    return secret;
  }

  find(secret: string, nowMs: number): About | undefined {
    const digest = digestOf(secret);
    return this.alive(nowMs).find((kept) => kept.digest === digest);
  }

  /** Whether it was there; it is not any more. */
  take(secret: string, nowMs: number): boolean {
    const found = this.find(secret, nowMs);
    this.#kept = this.#kept.filter((kept) => kept !== found);
    return found !== undefined;
  }

  /** None is good for longer than one that is made now, whatever became of the clock. */
  alive(nowMs: number): (About & { digest: string; until: number })[] {
    return this.#kept.filter(({ until }) => until > nowMs && until <= nowMs + this.#keepMs);
  }

  keep(kept: readonly (About & { digest: string; until: number })[]): void {
    this.#kept = kept.slice(-this.#max);
  }
}

/**
 * Who may use the pages: whoever came by a link that was made for him, once, and from then on by his session. A session is
 * good for programs of the user whose browser opened the link: other users may listen on ports of this computer too, and
 * browsers send cookies to all of them.
 */
export class Admission {
  readonly #links = new Secrets<object>(LINK_MS, MAX_LINKS);
  readonly #sessions = new Secrets<{ user: number }>(SESSION_MS, MAX_SESSIONS);

  /** A token for a link that opens the pages once, within two minutes. */
  makeToken(nowMs: number): string {
    return this.#links.make({}, nowMs);
  }

  /** The session of the user who comes with a token, or undefined where the token is used, old or none of ours. */
  redeem(token: string, user: number, nowMs: number): string | undefined {
    return this.#links.take(token, nowMs) ? this.#sessions.make({ user }, nowMs) : undefined;
  }

  isSession(secret: string, user: number, nowMs: number): boolean {
    return this.#sessions.find(secret, nowMs)?.user === user;
  }

  sessions(nowMs: number): Session[] {
    return this.#sessions.alive(nowMs);
  }

  /** Goes on with sessions of before, in place of all others. */
  takeUp(sessions: readonly Session[]): void {
    this.#sessions.keep(sessions);
  }

  end(): void {
    this.#links.keep([]);
    this.#sessions.keep([]);
  }
}

/** Whoever can make no secret of 256 bits can make none of its digest. */
function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
