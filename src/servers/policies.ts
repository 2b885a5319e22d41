import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { jsonOrNothing } from '../lib/json.ts';
import { Turns } from '../lib/turns.ts';
import { isLookedUp } from '../policy/quarantine.ts';
import { PolicyDocument } from '../policy/schema.ts';
import { readIfThere, writeFileAtomic } from '../sys/files/files.ts';
import { makeFolder } from '../sys/files/folders.ts';
import { shownAddress } from '../sys/sources/fetch.ts';
import { trustedNow } from '../trust/time.ts';
import { unchangedRelease } from '../trust/unchanged.ts';
import { readAccount } from './directory-account.ts';
import type { Asking, ServerKind, Watched } from './kind.ts';
import { KINDS, kindThat } from './kinds.ts';
import { asUnreachable, lookUpPolicy } from './look-up.ts';
import { isUnsaved, SpareTrust } from './spare-trust.ts';

const MAX_CACHED_BYTES = 16 << 20;
/** How long a release that does not change is taken for the newest before everything is asked for again, new roots too. */
const ALL_AGAIN_MS = 86_400_000;

/** The last policy that was looked up and verified, and when that was, in milliseconds since 1970. */
const CachedPolicy = z.strictObject({ format: z.literal(1), lookedUpAt: z.int().min(0), document: PolicyDocument });
type CachedPolicy = z.infer<typeof CachedPolicy>;

/** The policy that holds for a machine now. */
export interface CurrentPolicy {
  document: PolicyDocument;
  /** Undefined while it is the package’s own and was never looked up. */
  lookedUpAt: number | undefined;
}

/** The machine a policy is asked for, with the policy that its package brought. */
export interface PolicyOwner {
  vm: { name: string; id: string };
  packaged: PolicyDocument;
  server: string | undefined;
}

export interface PolicyFolders {
  trust: string;
  cache: string;
  /** The file with the account for servers that let nobody in without one. */
  account?: string;
  /** A folder on another file system, for what is verified while `trust` takes nothing. */
  spare?: string;
}

/** The policies of this computer’s machines: from the policy server, else what was kept of it, else the package’s. */
export class PolicyStore {
  readonly #trustFolder: string;
  readonly #cacheFolder: string;
  readonly #turns = new Turns();
  readonly #accountFile: string | undefined;
  readonly #kinds: readonly ServerKind[];
  readonly #trust: SpareTrust;
  readonly #onUnsaved: (vm: string, error: AppError) => void;
  /** Policies that were verified and could not be kept: they hold all the same, until this service ends. */
  readonly #unsaved = new Map<string, CachedPolicy>();
  /** The newest release that was seen of each policy server, and the entity tag of its timestamp. */
  readonly #releases = new Map<string, { version: number; etag?: string | undefined }>();
  /** The release that each machine’s policy was fetched from, and when. */
  readonly #fetched = new Map<string, { version: number; at: number }>();

  constructor(
    folders: PolicyFolders,
    onUnsaved: (vm: string, error: AppError) => void = () => undefined,
    kinds = KINDS,
  ) {
    this.#kinds = kinds;
    this.#trustFolder = folders.trust;
    this.#trust = new SpareTrust(folders.trust, folders.spare);
    this.#onUnsaved = onUnsaved;
    this.#cacheFolder = folders.cache;
    this.#accountFile = folders.account;
  }

  /** The time that expiry is judged by. */
  now(systemNow: number): Promise<number> {
    return trustedNow(this.#trustFolder, systemNow);
  }

  /** What holds without asking anybody. */
  async current(owner: PolicyOwner): Promise<CurrentPolicy> {
    const { packaged, vm } = owner;
    const cached = needsLookup(packaged) ? await this.#cached(vm) : undefined;
    if (!cached || cached.document.serial < packaged.serial) return { document: packaged, lookedUpAt: undefined };
    return { document: cached.document, lookedUpAt: cached.lookedUpAt };
  }

  /**
   * Asks the policy server and keeps its answer, in memory where it cannot be written. A static policy comes with packages alone and is returned as it is.
   * @throws STORE_*, TRUST_*, POLICY_INVALID
   */
  async lookUp(owner: PolicyOwner, systemNow: number, signal?: AbortSignal): Promise<CurrentPolicy> {
    const { packaged, server, vm } = owner;
    if (!needsLookup(packaged)) return { document: packaged, lookedUpAt: undefined };
    if (server === undefined) throw new AppError('STORE_UNREACHABLE', 'the project names no policy server');
    // One at a time: they share the trust folder.
    const document = await this.#turns.take(async () => {
      try {
        return await this.#ask(vm, server, systemNow, signal);
      } catch (error) {
        throw asUnreachable(error, server);
      }
    });
    const kept = await this.#cached(vm);
    if (kept && kept.document.serial > document.serial) {
      throw new AppError(
        'TRUST_ROLLBACK',
        `the policy server has serial ${document.serial}; ${kept.document.serial} was seen here`,
      );
    }
    const cached: CachedPolicy = { format: 1, lookedUpAt: await this.now(systemNow), document };
    await this.#keep(vm, cached);
    return this.current(owner);
  }

  /** Waits until the policy server has something new, where it can say so. @throws STORE_*, INTERRUPTED */
  async watch({ packaged, server }: PolicyOwner, signal: AbortSignal): Promise<Watched> {
    if (!needsLookup(packaged) || server === undefined) return 'unsupported';
    const than = this.#releases.get(server)?.version ?? 0;
    try {
      const kind = this.#kindOf(server);
      return (await kind.watch?.(server, than, { ...(await this.#asking(kind)), signal })) ?? 'unsupported';
    } catch (error) {
      throw asUnreachable(error, server);
    }
  }

  /** A machine’s policy, from the server; while that shows the release we have, its timestamp is all that is fetched. */
  async #ask(vm: PolicyOwner['vm'], server: string, now: number, signal?: AbortSignal): Promise<PolicyDocument> {
    const trustFolder = this.#trustFolder;
    const kind = this.#kindOf(server);
    await using source = kind.source(server, { ...(await this.#asking(kind)), signal });
    const ends = signal ? { signal } : {};
    const fetched = this.#fetched.get(vm.id);
    const cached = fetched && Math.abs(now - fetched.at) < ALL_AGAIN_MS ? await this.#cached(vm) : undefined;
    if (cached) {
      const unless = this.#releases.get(server)?.etag;
      const same = await unchangedRelease(trustFolder, 'policies', source, { now, unless, ...ends });
      if (same) this.#releases.set(server, same);
      if (same?.version === fetched?.version) return cached.document;
    }
    const { document, version } = await this.#trust.verify((folder) =>
      lookUpPolicy(vm, { trustFolder: folder, source, now, ...ends }),
    );
    this.#releases.set(server, { version });
    this.#fetched.set(vm.id, { version, at: now });
    return document;
  }

  /** @throws STORE_UNREACHABLE where no kind that can be read owns the address */
  #kindOf(server: string) {
    const kind = kindThat('source', server, this.#kinds);
    if (kind) return kind;
    const what = `the policy server ${shownAddress(server)} is of no kind that this release can read`;
    throw new AppError('STORE_UNREACHABLE', what);
  }

  /** @throws STORE_ACCOUNT */
  async #asking({ needsAccount }: ServerKind): Promise<Asking> {
    return needsAccount && this.#accountFile !== undefined ? { account: await readAccount(this.#accountFile) } : {};
  }

  async #keep(vm: PolicyOwner['vm'], policy: CachedPolicy): Promise<void> {
    try {
      await makeFolder(this.#cacheFolder, 0o700);
      await writeFileAtomic(this.#path(vm.name), `${JSON.stringify(policy)}\n`, 0o600);
      this.#unsaved.delete(vm.id);
    } catch (error) {
      if (!isUnsaved(error)) throw error;
      this.#unsaved.set(vm.id, policy);
      this.#onUnsaved(vm.name, error);
    }
  }

  async #cached(vm: PolicyOwner['vm']): Promise<CachedPolicy | undefined> {
    const unsaved = this.#unsaved.get(vm.id);
    if (unsaved) return unsaved;
    const bytes = await readIfThere(this.#path(vm.name), MAX_CACHED_BYTES);
    if (!bytes) return undefined;
    const parsed = CachedPolicy.safeParse(jsonOrNothing(bytes.toString('utf8')));
    // A file that cannot be read counts as no policy, which is restricted or stricter.
    return parsed.success && parsed.data.document.vmId === vm.id ? parsed.data : undefined;
  }

  #path(vm: string): string {
    return join(this.#cacheFolder, `${vm}.json`);
  }
}

/** Whether a policy’s lists live on a policy server (ACE 1.0 p. 231). */
function needsLookup({ policy }: PolicyDocument): boolean {
  return isLookedUp(policy.quarantine);
}
