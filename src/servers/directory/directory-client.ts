import { Client } from 'ldapts';
import { AppError } from '../../lib/errors.ts';
import { connectLdap } from '../../sys/network/ldap-socket.ts';
import type { DirectoryAccount } from './directory-account.ts';
import type { DirectoryAddress } from './directory-address.ts';
import { directoryError } from './directory-error.ts';

/** What answers carry beside the value that was asked for. */
const OVERHEAD_BYTES = 64 << 10;
const CONNECT_MS = 10_000;
const TIMEOUT_MS = 30_000;

export interface DirectoryLogin {
  address: DirectoryAddress;
  account: DirectoryAccount;
  signal?: AbortSignal | undefined;
  /** How long an answer may take. */
  timeoutMs?: number;
}

/** One connection to a directory, inside TLS and logged on, whose answers have a cap and failures a code. */
export class DirectoryClient implements AsyncDisposable {
  readonly #client: Client;
  readonly #signal: AbortSignal | undefined;
  #bytesLeft = OVERHEAD_BYTES;
  /** Told whenever something arrives. */
  onData: (() => void) | undefined;

  private constructor(client: Client, signal: AbortSignal | undefined) {
    this.#client = client;
    this.#signal = signal;
  }

  /** @throws FETCH_FAILED, STORE_NOT_SAFE, STORE_LOGIN, INTERRUPTED */
  static async open({ address, account, signal, timeoutMs = TIMEOUT_MS }: DirectoryLogin): Promise<DirectoryClient> {
    const { user, password, ca } = account;
    const socket = await connectLdap(address, {
      ...(ca ? { ca } : {}),
      timeoutMs: Math.min(CONNECT_MS, timeoutMs),
      signal,
    });
    let isTaken = false;
    // ldapts opens no connection itself: it gets this one, and when that has ended there is no other.
    const createConnection = () => {
      if (isTaken) throw new AppError('FETCH_FAILED', 'the directory ended the connection');
      isTaken = true;
      return socket;
    };
    const ldap = new Client({ url: 'ldap://inside.invalid', timeout: timeoutMs, createConnection });
    const client = new DirectoryClient(ldap, signal);
    socket.setKeepAlive(true, CONNECT_MS);
    socket.on('data', ({ length }: Buffer) => {
      client.#bytesLeft -= length;
      if (client.#bytesLeft < 0) socket.destroy(new Error('the directory sent too much'));
      client.onData?.();
    });
    const end = () => socket.destroy(new Error('interrupted'));
    signal?.addEventListener('abort', end, { once: true });
    socket.once('close', () => signal?.removeEventListener('abort', end));
    try {
      await client.ask(`logging on as ${user}`, 0, () => ldap.bind(user, password));
      return client;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** Carries out one request, whose answer may have so many bytes beside the usual. @throws FETCH_*, STORE_*, INTERRUPTED */
  async ask<T>(doing: string, bytes: number, work: (client: Client) => Promise<T>): Promise<T> {
    this.#bytesLeft = bytes + OVERHEAD_BYTES;
    try {
      return await work(this.#client);
    } catch (error) {
      if (this.#signal?.aborted) throw new AppError('INTERRUPTED', `${doing} was interrupted`, { cause: error });
      if (this.#bytesLeft >= 0) throw directoryError(error, doing);
      throw new AppError('FETCH_TOO_LARGE', `${doing}: the directory sent too much`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Whether it hears our good-bye does not matter.
    await this.#client.unbind().catch(() => undefined);
  }
}
