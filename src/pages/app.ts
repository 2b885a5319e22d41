import { Hono, type MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { Clock } from '../sys/clock.ts';
import { Admission } from './admission.ts';
import { pageFiles } from './files.ts';
import { isOwnHost, isOwnOrigin, notFromHere, withHeaders } from './headers.ts';

export interface PagesOptions {
  /** What the page asks: it is served below `/api`. */
  api: Hono;
  /** The built page. */
  folder: string;
  clock: Clock;
}

/** A page and its API for this computer’s browsers: who comes by a link that was made for him gets in, nobody else. */
export class Pages {
  readonly app = new Hono();
  readonly #admission = new Admission();
  readonly #clock: Clock;
  #port = 0;

  constructor({ api, folder, clock }: PagesOptions) {
    this.#clock = clock;
    this.app.use(withHeaders);
    this.app.use(this.#fromHere);
    this.app.get('/open', (context) => {
      const session = this.#admission.redeem(context.req.query('token') ?? '', clock());
      if (session === undefined) return notFromHere(context, 'this link was used already, or is too old');
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

  /** An address that opens a page once, within two minutes. */
  link(to: string): string {
    const query = new URLSearchParams({ token: this.#admission.makeToken(this.#clock()), to });
    return `http://127.0.0.1:${this.#port}/open?${query}`;
  }

  /** Whether a connection that is to stay, such as a console’s, comes from a page that was let in. */
  isAdmitted(headers: {
    host?: string | undefined;
    origin?: string | undefined;
    cookie?: string | undefined;
  }): boolean {
    const cookies = new Map(headers.cookie?.split('; ').map((pair) => splitAt(pair, pair.indexOf('='))));
    const session = cookies.get(this.#cookie) ?? '';
    // A browser always names the origin of a web socket: without one, nothing vouches for it.
    const isOurs = isOwnHost(headers.host, this.#port) && headers.origin === `http://${headers.host}`;
    return isOurs && this.#admission.isSession(session, this.#clock());
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

  readonly #admitted: MiddlewareHandler = async (context, next) => {
    const session = getCookie(context, this.#cookie) ?? '';
    if (!this.#admission.isSession(session, this.#clock()))
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
