import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { jsonOrNothing } from '../lib/json.ts';
import { Turns } from '../lib/turns.ts';
import { isLookedUp } from '../policy/quarantine.ts';
import { PolicyDocument } from '../policy/schema.ts';
import { readIfThere, writeFileAtomic } from '../sys/files.ts';
import { makeFolder } from '../sys/folders.ts';
import { trustedNow } from '../trust/client.ts';
import { type Watched, watchWeb } from './watch.ts';
import { lookUpOnWeb } from './web.ts';

const MAX_CACHED_BYTES = 16 << 20;

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

/** The policies of this computer’s machines: from the policy server, else what was kept of it, else the package’s. */
export class PolicyStore {
  readonly #trustFolder: string;
  readonly #cacheFolder: string;
  readonly #turns = new Turns();
  /** The newest release that was seen of each policy server. */
  readonly #versions = new Map<string, number>();

  constructor(folders: { trust: string; cache: string }) {
    this.#trustFolder = folders.trust;
    this.#cacheFolder = folders.cache;
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
   * Asks the policy server and keeps its answer. A static policy comes with packages alone and is returned as it is.
   * @throws STORE_UNREACHABLE, TRUST_*, POLICY_INVALID
   */
  async lookUp(owner: PolicyOwner, systemNow: number, signal?: AbortSignal): Promise<CurrentPolicy> {
    const { packaged, server, vm } = owner;
    if (!needsLookup(packaged)) return { document: packaged, lookedUpAt: undefined };
    if (server === undefined) throw new AppError('STORE_UNREACHABLE', 'the project names no policy server');
    // One at a time: they share the trust folder.
    const { document, version } = await this.#turns.take(() =>
      lookUpOnWeb(vm, {
        trustFolder: this.#trustFolder,
        server: new URL(server),
        now: systemNow,
        ...(signal ? { signal } : {}),
      }),
    );
    this.#versions.set(server, version);
    const kept = await this.#cached(vm);
    if (kept && kept.document.serial > document.serial) {
      throw new AppError(
        'TRUST_ROLLBACK',
        `the policy server has serial ${document.serial}; ${kept.document.serial} was seen here`,
      );
    }
    const cached: CachedPolicy = { format: 1, lookedUpAt: await this.now(systemNow), document };
    await makeFolder(this.#cacheFolder, 0o700);
    await writeFileAtomic(this.#path(vm.name), `${JSON.stringify(cached)}\n`, 0o600);
    return this.current(owner);
  }

  /** Waits until the policy server has something new, where it can say so. @throws STORE_UNREACHABLE, INTERRUPTED */
  async watch({ packaged, server }: PolicyOwner, signal: AbortSignal): Promise<Watched> {
    if (!needsLookup(packaged) || server === undefined) return 'unsupported';
    return watchWeb(new URL(server), this.#versions.get(server) ?? 0, signal);
  }

  async #cached(vm: PolicyOwner['vm']): Promise<CachedPolicy | undefined> {
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
