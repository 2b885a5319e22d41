import { join } from 'node:path';
import { type Metadata, MetadataKind, type Root } from '@tufjs/models';
import { AppError } from '../../lib/errors.ts';
import type { Source } from '../../sys/sources/source.ts';
import { asRefusal } from '../refusal.ts';
import { countsUnder, floorOf, type Release } from '../release.ts';
import { parseRoot, type RepositoryName } from '../root.ts';
import { at, judged, notThe, pinnedOrRefused, type Repository, refuseForeign } from './client.ts';
import { firstRootOf } from './identity.ts';
import {
  keepRole,
  keptRole,
  keptRoles,
  ROLES,
  type RoleName,
  type SavedMetadata,
  savedFloor,
  savedMetadata,
  saveFloor,
  saveMetadata,
} from './saved.ts';
import { ahead, lowerOther, type TimeUnder, timesUnder } from './time.ts';
import { TrustedStore } from './trusted-store.ts';
import { updateMetadata } from './update.ts';

/** Does work while nobody else changes a trust folder. Nobody waits for a network in it. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

export interface RefreshOptions {
  now: number;
  signal?: AbortSignal;
  /** Where several refresh one folder at once: their turns. */
  inTurn?: InTurn;
}

type Kept = Partial<SavedMetadata>;

/**
 * What a source offers now, verified from the pinned project down, and kept for `openCached`. Where a later step is refused,
 * what was verified before it binds the next refresh (trust §4.5), and `openCached` gives what it gave. Several may be under
 * way in one folder, each as slow as its source: what one keeps while another fetches makes that one begin again from there.
 * @throws TRUST_FOREIGN, TRUST_SIGNATURE, TRUST_ROLLBACK, TRUST_EXPIRED, TRUST_DIGEST, TRUST_INVALID, FETCH_*, INTERRUPTED, DISK_FULL
 */
export async function refresh(
  folder: string,
  repository: RepositoryName,
  source: Source,
  { now, signal, inTurn = atOnce }: RefreshOptions,
): Promise<Repository> {
  const first = await firstRootOf(source, signal);
  refuseForeign(await pinnedOrRefused(folder), first); // trust §4.2
  if (first.repository !== repository) throw notThe(repository, source);
  for (;;) {
    const refreshing = new Refreshing(folder, repository, inTurn);
    const release = await refreshing.release({ source, firstRoot: first.bytes, now, signal });
    if (release) return at(source, release, signal);
  }
}

interface Asked {
  source: Source;
  firstRoot: Buffer;
  now: number;
  signal: AbortSignal | undefined;
}

/** One refresh, from what is kept when it begins. Whatever it writes it writes in turn, on top of that and nothing else. */
class Refreshing {
  readonly #folder: string;
  readonly #repository: RepositoryName;
  readonly #inTurn: InTurn;
  /** What is in the folder, as far as we know: what we found and what we kept since. */
  #there: Kept = {};
  #isOvertaken = false;

  constructor(folder: string, repository: RepositoryName, inTurn: InTurn) {
    this.#folder = folder;
    this.#repository = repository;
    this.#inTurn = inTurn;
  }

  /** Undefined when another refresh kept something meanwhile. */
  async release({ source, firstRoot, now, signal }: Asked): Promise<Release | undefined> {
    const [folder, repository] = [this.#folder, this.#repository];
    const { known, timeUnder } = await this.#inTurn(() => this.#begin(now));
    const { saved, store } = known ?? startAt({ root: firstRoot }, timeUnder, source.name);
    const isUnproven = repository === 'policies' && !known;
    const update = updateMetadata(saved, store, {
      ...{ source, signal, beside: join(folder, repository) },
      keep: (role, bytes) => this.#inTurn(() => this.#keep(role, bytes)),
      ...(isUnproven ? { proveRoot: (root: Metadata<Root>) => proveByPackages(folder, root) } : {}),
    });
    try {
      const metadata = await update.catch((error: unknown) => {
        throw ahead(error, now, timeUnder(store.root.signed));
      });
      return await this.#inTurn(() => this.#use(metadata, store, { now, what: source.name }));
    } catch (error) {
      if (this.#isOvertaken) return undefined;
      throw error;
    }
  }

  async #begin(now: number) {
    this.#there = await keptRoles(this.#folder, this.#repository);
    const timeUnder = await timesUnder(this.#folder, this.#repository, now);
    return { known: await newestKnown(this.#folder, this.#repository, this.#there, timeUnder), timeUnder };
  }

  async #keep(role: RoleName, bytes: Buffer): Promise<void> {
    if (this.#there[role]?.equals(bytes)) return;
    const found = await keptRole(this.#folder, this.#repository, role);
    if (!found?.equals(bytes)) {
      this.#requireAlone(role, found);
      // Under another root it would not have been verified.
      this.#requireAlone('root', await keptRole(this.#folder, this.#repository, 'root'));
      await keepRole(this.#folder, this.#repository, role, bytes);
    }
    this.#there[role] = bytes;
  }

  /** Makes a release that was verified the one that is used, unless the floors of now refuse it. */
  async #use(metadata: SavedMetadata, store: TrustedStore, { now, what }: { now: number; what: string }) {
    const [folder, repository] = [this.#folder, this.#repository];
    const kept = await keptRoles(folder, repository);
    for (const role of ROLES) this.#requireAlone(role, kept[role]);
    const timeUnder = await timesUnder(folder, repository, now);
    const release = await judged(folder, repository, store, { now: timeUnder(store.root.signed), what });
    await saveMetadata(folder, repository, metadata);
    const floor = await savedFloor(folder, repository);
    if (floor && !countsUnder(floor, store.root.signed)) await lowerOther(folder, repository, release);
    await saveFloor(folder, repository, floorOf(store, release, floor));
    return release;
  }

  /** What another refresh kept since may forbid what we were about to do. */
  #requireAlone(role: RoleName, found: Buffer | undefined): void {
    const known = this.#there[role];
    if (found === known || (found && known?.equals(found))) return;
    this.#isOvertaken = true;
    throw new AppError('INTERRUPTED', 'another refresh went further meanwhile');
  }
}

/** Nobody else changes anything. */
function atOnce<T>(work: () => Promise<T>): Promise<T> {
  return work();
}

/** Where a refresh begins: at the newest roles that were verified. What was lost or damaged counts as none: the pin and the floor still hold. */
async function newestKnown(
  folder: string,
  repository: RepositoryName,
  { root, ...others }: Kept,
  timeUnder: TimeUnder,
) {
  const used = await unlessDamaged(() => savedMetadata(folder, repository));
  for (const saved of [root && { root, ...others }, used]) {
    const start = await unlessDamaged(() => saved && startAt(saved, timeUnder, folder));
    if (start) return start;
  }
  return undefined;
}

async function unlessDamaged<T>(read: () => T): Promise<Awaited<T> | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AppError && ['TRUST_INVALID', 'TRUST_SIGNATURE'].includes(error.code)) return undefined;
    throw error;
  }
}

function startAt(saved: Kept & Pick<SavedMetadata, 'root'>, timeUnder: TimeUnder, what: string) {
  try {
    return { saved, store: new TrustedStore(saved.root, timeUnder) };
  } catch (error) {
    throw asRefusal(error, what);
  }
}

/** Trust §4.4: the root of `policies` is the project's when a threshold of distinct root keys of `packages` signed it. */
async function proveByPackages(folder: string, policies: Metadata<Root>): Promise<void> {
  const used = await savedMetadata(folder, 'packages');
  if (!used) throw new AppError('TRUST_INVALID', 'policies can be verified only once packages were');
  const { root = used.root } = await keptRoles(folder, 'packages');
  try {
    parseRoot(root, 'the root of packages').verifyDelegate(MetadataKind.Root, policies);
  } catch (error) {
    throw asRefusal(error, 'the root of policies');
  }
}
