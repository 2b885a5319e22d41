import { Control } from 'ldapts';
import { z } from 'zod';
import type { AppError } from '../../lib/errors.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import type { Watched } from '../kind.ts';
import { DirectoryClient, type DirectoryLogin } from './directory-client.ts';
import { resultCode } from './directory-error.ts';
import { partName } from './directory-names.ts';
import { Directory } from './directory-objects.ts';

/** Active Directory’s change notification: a search that answers with each object that changes, and does not end. */
const NOTIFICATION = '1.2.840.113556.1.4.528';
const UNAVAILABLE = [12, 53];
/** Active Directory ends connections that ask nothing for a quarter of an hour. */
const WATCH_MS = 10 * 60_000;
const MAX_TIMESTAMP_BYTES = 16 << 10;
const Timestamp = z.looseObject({ signed: z.looseObject({ version: z.int().min(0) }) });

/**
 * Waits until a directory has something newer than a version, where it offers change notification. What it says is a hint.
 * @throws FETCH_FAILED, STORE_*, INTERRUPTED
 */
export async function watchDirectory(login: DirectoryLogin, than: number): Promise<Watched> {
  await using client = await DirectoryClient.open({ ...login, timeoutMs: WATCH_MS });
  const changes = new Changes(client, login.address.base);
  // What came before the watch began is no change any more, so the version is looked at first.
  do {
    if ((await version(login)) > than) return 'changed';
  } while (await changes.next());
  return changes.isUnsupported ? 'unsupported' : 'same';
}

/** A search that goes on, and what it has told. */
class Changes {
  isUnsupported = false;
  #failure: unknown;
  #isOver = false;
  #hasNews = false;
  #wake: () => void = () => undefined;

  constructor(client: DirectoryClient, base: string) {
    const control = new Control(NOTIFICATION, { critical: true });
    const startedAt = performance.now();
    client.onData = () => {
      this.#hasNews = true;
      this.#wake();
    };
    // The cap of one answer holds for all that is told meanwhile, so nobody can have us ask without end.
    client
      .ask('watching', 0, (ldap) =>
        ldap.search(base, { scope: 'one', filter: '(objectClass=*)', attributes: ['cn'] }, control),
      )
      .then(
        () => {
          this.isUnsupported = true;
        },
        (error: AppError) => {
          this.isUnsupported = UNAVAILABLE.includes(resultCode(error.cause) ?? 0);
          if (!this.isUnsupported && performance.now() - startedAt < WATCH_MS) this.#failure = error;
        },
      )
      .finally(() => {
        this.#isOver = true;
        this.#wake();
      });
  }

  /** Whether something changed since it was asked last; false once there is no more to come. @throws FETCH_*, STORE_*, INTERRUPTED */
  async next(): Promise<boolean> {
    if (!this.#hasNews && !this.#isOver)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    // What arrived may be the search’s end, which is known only when all of it has been read.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#failure) throw this.#failure;
    this.#hasNews = false;
    return !this.#isOver;
  }
}

/** The version of the release in a directory, by its own word; read over a connection of its own. */
async function version(login: DirectoryLogin): Promise<number> {
  await using directory = await Directory.open(login);
  const bytes = await directory.read(partName('metadata/timestamp.json', 0), MAX_TIMESTAMP_BYTES);
  return Timestamp.safeParse(jsonOrNothing(bytes?.toString('utf8') ?? '')).data?.signed.version ?? 0;
}
