import { Attribute, Change, type Client, type Entry } from 'ldapts';
import { DirectoryClient, type DirectoryLogin } from './directory-client.ts';
import { resultCode } from './directory-error.ts';

/** How Active Directory, and directories that know nothing of it, hold bytes (in base64) without a change of their schema. */
const ACTIVE = { object: 'serviceConnectionPoint', value: 'serviceBindingInformation', place: 'container' } as const;
const OTHER = { object: 'applicationProcess', value: 'description', place: 'applicationProcess' } as const;
const ACTIVE_DIRECTORY = '1.2.840.113556.1.4.800';
const NO_SUCH_OBJECT = 32;
const PAGE = 500;
const MAX_LIST_BYTES = 16 << 20;

/** A directory that was logged on to: reads, writes and removes objects at one place. Referrals are not followed. */
export class Directory implements AsyncDisposable {
  readonly #client: DirectoryClient;
  readonly #base: string;
  #classes: typeof ACTIVE | typeof OTHER | undefined;

  private constructor(client: DirectoryClient, base: string) {
    this.#client = client;
    this.#base = base;
  }

  /** @throws FETCH_FAILED, STORE_NOT_SAFE, STORE_LOGIN, INTERRUPTED */
  static async open(login: DirectoryLogin): Promise<Directory> {
    return new Directory(await DirectoryClient.open(login), login.address.base);
  }

  /** The bytes of an object, or undefined where there is none that we may see. @throws FETCH_FAILED, FETCH_TOO_LARGE, STORE_* */
  async read(name: string, maxBytes: number): Promise<Buffer | undefined> {
    const attributes = [ACTIVE.value, OTHER.value];
    const wireBytes = Math.ceil(maxBytes / 3) * 4;
    const entry = await this.#client.ask(`reading ${name}`, wireBytes, (client) =>
      entryAt(client, this.#dn(name), attributes),
    );
    const value = attributes.map((attribute) => entry?.[attribute]).find((found) => typeof found === 'string');
    return value === undefined ? undefined : Buffer.from(value, 'base64');
  }

  /** Makes an object hold these bytes, as one step. @throws STORE_DENIED, FETCH_FAILED */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    const { object, value } = await this.#knownClasses();
    const values = [Buffer.from(bytes).toString('base64')];
    await this.#client.ask(`writing ${name}`, 0, async (client) => {
      const modification = new Attribute({ type: value, values });
      const found = await client
        .modify(this.#dn(name), new Change({ operation: 'replace', modification }))
        .then(() => true)
        .catch(whereMissing(false));
      if (!found) await client.add(this.#dn(name), { objectClass: object, cn: name, [value]: values });
    });
  }

  /** Makes the place itself, unless it is there. @throws STORE_DENIED, FETCH_MISSING (what it lies in is not there), FETCH_FAILED */
  async makePlace(): Promise<void> {
    const { place } = await this.#knownClasses();
    await this.#client.ask(`making ${this.#base}`, 0, async (client) => {
      if (await entryAt(client, this.#base, ['objectClass'])) return;
      const [, attribute = '', value = ''] = /^([^=]+)=((?:\\.|[^,\\])*)/.exec(this.#base) ?? [];
      await client.add(this.#base, { objectClass: place, [attribute]: value.replace(/\\(.)/g, '$1') });
    });
  }

  /** The names of all objects at the place. */
  async names(): Promise<string[]> {
    const { searchEntries } = await this.#client.ask('listing the objects', MAX_LIST_BYTES, (client) =>
      client.search(this.#base, { scope: 'one', attributes: ['cn'], paged: { pageSize: PAGE } }),
    );
    return searchEntries.flatMap(({ cn }) => (typeof cn === 'string' ? [cn] : []));
  }

  async remove(name: string): Promise<void> {
    await this.#client.ask(`removing ${name}`, 0, (client) =>
      client.del(this.#dn(name)).catch(whereMissing(undefined)),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]();
  }

  async #knownClasses(): Promise<typeof ACTIVE | typeof OTHER> {
    this.#classes ??= await this.#client.ask('asking what kind of directory it is', 0, async (client) => {
      const root = await entryAt(client, '', ['supportedCapabilities']);
      return [root?.['supportedCapabilities']].flat().some((found) => found === ACTIVE_DIRECTORY) ? ACTIVE : OTHER;
    });
    return this.#classes;
  }

  #dn(name: string): string {
    return `CN=${name},${this.#base}`;
  }
}

async function entryAt(client: Client, dn: string, attributes: string[]): Promise<Entry | undefined> {
  const found = await client.search(dn, { scope: 'base', attributes }).catch(whereMissing(undefined));
  return found?.searchEntries[0];
}

function whereMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (resultCode(error) === NO_SUCH_OBJECT) return value;
    throw error;
  };
}
