import { Hono, type MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { Clock } from '../sys/clock.ts';
import type { UpgradeRequest } from '../sys/http/http-server.ts';
import { userAtOtherEnd } from '../sys/network/other-end.ts';
import { Admission, type Session } from './admission.ts';
import { pageFiles } from './files.ts';
import { isOwnHost, isOwnOrigin, notFromHere, withHeaders } from './headers.ts';

export interface PagesOptions {
  /** What the page asks: it is served below `/api`. */
  api: Hono;
  /** The built page. */
  folder: string;
  clock: Clock;
  /** Told whenever there is another session, before that is good for anything. */
  onSessions?: (sessions: readonly Session[]) => Promise<void>;
  /** Whose program is at the other end. */
  userAt?: typeof userAtOtherEnd;
}

/** What the server gives with each request. */
type Served = { Bindings: { incoming: Pick<UpgradeRequest, 'socket'> } };

/** A connection that is to stay, such as a console’s. */
interface Staying {
  host?: string | undefined;
  origin?: string | undefined;
  cookie?: string | undefined;
  socket: UpgradeRequest['socket'];
}

/** A page and its API for this computer’s browsers: who comes by a link that was made for him gets in, nobody else. */
export class Pages {
  readonly app = new Hono<Served>();
  readonly #admission = new Admission();
  readonly #clock: Clock;
  readonly #userAt: typeof userAtOtherEnd;
  #port = 0;

  constructor({ api, folder, clock, onSessions = async () => undefined, userAt = userAtOtherEnd }: PagesOptions) {
    this.#clock = clock;
    this.#userAt = userAt;
    this.app.use(withHeaders);
    this.app.use(this.#fromHere);
    this.app.get('/open', async (context) => {
      const user = await userAt(context.env.incoming.socket);
      if (user === undefined) return notFromHere(context, 'it cannot be told whose browser asks');
      const session = this.#admission.redeem(context.req.query('token') ?? '', user, clock());
      if (session === undefined) return notFromHere(context, 'this link was used already, or is too old');
      await onSessions(this.#admission.sessions(clock()));
      setCookie(context, this.#cookie, session, { httpOnly: true, sameSite: 'Strict', path: '/' });
      return context.html(onward(ownPath(context.req.query('to'))));
    });
    this.app.use(this.#admitted);
    this.app.route('/api', api);
    this.app.route('/', pageFiles(folder));
  }

  /** Where the server listens, which is known only then. */
  listensOn(port: number): void {
    this.#port = port;
  }

  /** Goes on with the sessions of a process that was here before. */
  takeUp(sessions: readonly Session[]): void {
    this.#admission.takeUp(sessions);
  }

  /** Ends every session and every link. */
  end(): void {
    this.#admission.end();
  }

  /** An address that opens a page once, within two minutes. */
  link(to: string): string {
    const query = new URLSearchParams({ token: this.#admission.makeToken(this.#clock()), to });
    return `http://127.0.0.1:${this.#port}/open?${query}`;
  }

  /** Whether a connection that is to stay comes from a page that was let in. */
  async isAdmitted({ host, origin, cookie, socket }: Staying): Promise<boolean> {
    const cookies = new Map(cookie?.split('; ').map((pair) => splitAt(pair, pair.indexOf('='))));
    const session = cookies.get(this.#cookie) ?? '';
    // A browser always names the origin of a web socket: without one, nothing vouches for it.
    if (!isOwnHost(host, this.#port) || origin !== `http://${host}`) return false;
    return this.#isSession(session, socket);
  }

  async #isSession(session: string, socket: UpgradeRequest['socket']): Promise<boolean> {
    const user = await this.#userAt(socket);
    return user !== undefined && this.#admission.isSession(session, user, this.#clock());
  }

  /** Cookies know no ports: another server of this computer must not get ours by name. */
  get #cookie(): string {
    return `lazaret-${this.#port}`;
  }

  readonly #fromHere: MiddlewareHandler = async (context, next) => {
    const host = context.req.header('host');
    if (!isOwnHost(host, this.#port)) return notFromHere(context, 'pages are for this computer’s own browser');
    const isSafe = context.req.method === 'GET' || context.req.method === 'HEAD';
    const origin = context.req.header('origin');
    if (!isOwnOrigin(origin, host) || (!isSafe && origin === undefined))
      return notFromHere(context, 'the request comes from another page');
    return next();
  };

  readonly #admitted: MiddlewareHandler<Served> = async (context, next) => {
    const session = getCookie(context, this.#cookie) ?? '';
    if (!(await this.#isSession(session, context.env.incoming.socket)))
      return notFromHere(context, 'this page was not opened by a link');
    return next();
  };
}

/** Our own page leads on: a browser keeps a strict cookie from what another program or page has sent it to. */
function onward(path: string): string {
  const address = path.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<!doctype html><html lang="en"><title>Lazaret</title><meta http-equiv="refresh" content="0;url=${address}"></html>`;
}

/** A path of ours, never an address elsewhere. */
function ownPath(to = '/'): string {
  return /^\/(?![/\\])/.test(to) ? to : '/';
}

function splitAt(text: string, at: number): [string, string] {
  return [text.slice(0, at), text.slice(at + 1)];
}
