import { AppError } from '../lib/errors.ts';
import { Turns } from '../lib/turns.ts';
import { isLookedUp } from '../policy/quarantine.ts';
import type { PolicyDocument } from '../policy/schema.ts';
import type { KeptFiles } from '../sys/files/kept-files.ts';
import { shownAddress } from '../sys/sources/fetch.ts';
import { openCounted } from '../sys/sources/source.ts';
import type { InTurn } from '../trust/verify/refresh.ts';
import { trustedNow } from '../trust/verify/time.ts';
import { unchangedRelease } from '../trust/verify/unchanged.ts';
import { readAccount } from './directory/directory-account.ts';
import type { Asking, ServerKind, Watched } from './kind.ts';
import { KINDS, kindThat } from './kinds.ts';
import { asUnreachable, lookUpPolicy } from './look-up.ts';
import { PolicyCache } from './policy-cache.ts';
import { SpareTrust } from './spare-trust.ts';

/** How long a release that does not change is taken for the newest before everything is asked for again, new roots too. */
const ALL_AGAIN_MS = 86_400_000;
const TRIED_BYTES = 4096;
const TRIED_MS = 10_000;

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

/** A file that a server is tried with, and how long it may be. */
export interface TriedFile {
  path: string;
  bytes: number;
}

export interface PolicyFolders {
  trust: string;
  cache: string;
  /** The file with the account for servers that let nobody in without one. */
  account?: string;
  /** A folder on another file system, for what is verified while `trust` takes nothing. */
  spare?: string;
}

export interface PolicyStoreOptions {
  /** Told of a policy that was verified and could not be kept: it holds all the same, until this service ends. */
  onUnsaved?: (vm: string, error: AppError) => void;
  /** The turns of the trust folder, where others change it too. */
  turns?: Turns;
  kinds?: typeof KINDS;
  /** How what was looked up is kept; in clear without it. */
  files?: KeptFiles;
}

/** The policies of this computer’s machines: from the policy server, else what was kept of it, else the package’s. */
export class PolicyStore {
  readonly #trustFolder: string;
  readonly #cache: PolicyCache;
  /** Whatever changes the trust folder or what is kept waits for these, and for nobody’s answer while it has one. */
  readonly #turns: Turns;
  readonly #accountFile: string | undefined;
  readonly #kinds: readonly ServerKind[];
  readonly #trust: SpareTrust;
  /** The newest release that was seen of each policy server, and the entity tag of its timestamp. */
  readonly #releases = new Map<string, { version: number; etag?: string | undefined }>();
  /** The release that each machine’s policy was fetched from, and when. */
  readonly #fetched = new Map<string, { version: number; at: number }>();

  constructor({ trust, spare, cache, account }: PolicyFolders, options: PolicyStoreOptions = {}) {
    const { onUnsaved = () => undefined, turns = new Turns(), kinds = KINDS, files } = options;
    this.#trustFolder = trust;
    this.#trust = new SpareTrust(trust, spare);
    this.#cache = new PolicyCache(cache, onUnsaved, files);
    this.#accountFile = account;
    this.#turns = turns;
    this.#kinds = kinds;
  }

  /** The time that expiry is judged by. */
  now(systemNow: number): Promise<number> {
    return trustedNow(this.#trustFolder, systemNow);
  }

  /** What holds without asking anybody. */
  async current(owner: PolicyOwner): Promise<CurrentPolicy> {
    const { packaged } = owner;
    return needsLookup(packaged) ? this.known(owner) : { document: packaged, lookedUpAt: undefined };
  }

  /**
   * Asks the policy server and keeps its answer, in memory where it cannot be written. However long that server takes, nobody
   * else’s look-up waits for it. A static policy comes with packages alone and is returned as it is.
   * @throws STORE_*, TRUST_*, POLICY_INVALID
   */
  async lookUp(owner: PolicyOwner, systemNow: number, signal?: AbortSignal): Promise<CurrentPolicy> {
    if (!needsLookup(owner.packaged)) return { document: owner.packaged, lookedUpAt: undefined };
    return this.lookUpAnyway(owner, systemNow, signal);
  }

  /** What was looked up of a machine’s policy, by whomever and whatever its quarantine; else what its package brought. */
  async known({ vm, packaged }: PolicyOwner): Promise<CurrentPolicy> {
    const cached = await this.#cache.read(vm);
    if (!cached || cached.document.serial < packaged.serial) return { document: packaged, lookedUpAt: undefined };
    return { document: cached.document, lookedUpAt: cached.lookedUpAt };
  }

  /** As lookUp, also where the quarantine is static: for what else of a policy holds without a package. @throws as lookUp */
  async lookUpAnyway(owner: PolicyOwner, systemNow: number, signal?: AbortSignal): Promise<CurrentPolicy> {
    const { server, vm } = owner;
    if (server === undefined) throw new AppError('STORE_UNREACHABLE', 'the project names no policy server');
    const document = await this.#ask(vm, server, systemNow, signal).catch((error: unknown) => {
      throw asUnreachable(error, server);
    });
    await this.#turns.take(async () => this.#cache.keep(vm, await this.now(systemNow), document));
    return this.known(owner);
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

  /** Whether a server gives the beginning of a file, for whoever wants to know why it does not. @throws FETCH_*, STORE_*, INTERRUPTED */
  async tryServer(server: string, { path, bytes }: TriedFile, signal: AbortSignal): Promise<void> {
    const kind = this.#kindOf(server);
    await using source = kind.source(server, { ...(await this.#asking(kind)), signal });
    const wanted = { from: 0, bytes: Math.min(bytes, TRIED_BYTES), maxBytes: bytes, timeoutMs: TRIED_MS, signal };
    const { chunks } = await openCounted(source, path, wanted);
    for await (const _chunk of chunks) return;
  }

  /** A machine’s policy, from the server; while that shows the release we have, its timestamp is all that is fetched. */
  async #ask(vm: PolicyOwner['vm'], server: string, now: number, signal?: AbortSignal): Promise<PolicyDocument> {
    const trustFolder = this.#trustFolder;
    const kind = this.#kindOf(server);
    await using source = kind.source(server, { ...(await this.#asking(kind)), signal });
    const ends = signal ? { signal } : {};
    const fetched = this.#fetched.get(vm.id);
    const cached = fetched && Math.abs(now - fetched.at) < ALL_AGAIN_MS ? await this.#cache.read(vm) : undefined;
    if (cached) {
      const unless = this.#releases.get(server)?.etag;
      const same = await unchangedRelease(trustFolder, 'policies', source, { now, unless, ...ends });
      if (same) this.#releases.set(server, same);
      if (same?.version === fetched?.version) return cached.document;
    }
    const inTurn: InTurn = (work) => this.#turns.take(work);
    const { document, version } = await this.#trust.verify(
      (folder) => lookUpPolicy(vm, { trustFolder: folder, source, now, inTurn, ...ends }),
      inTurn,
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
}

/** Whether a policy’s lists live on a policy server (ACE 1.0 p. 231). */
function needsLookup({ policy }: PolicyDocument): boolean {
  return isLookedUp(policy.quarantine);
}
