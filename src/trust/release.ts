import type { Root } from '@tufjs/models';
import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { SIGNED_AT } from './sign/signing.ts';
import type { Floor } from './verify/saved.ts';
import type { TrustedStore } from './verify/trusted-store.ts';
import { parseSigned, type Target, type Verified, verifyBytes } from './verify/verified.ts';

/** A name of a target: one file, the same on every file system. */
export const TargetName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,127}$/, 'must be 1 to 128 of a-z, 0-9, ".", "_", "-"');

const Part = z.object({ version: z.int().min(1), expires: z.iso.datetime() });
const SignedAt = z.strictObject({ _type: z.literal('timestamp'), [SIGNED_AT]: z.iso.datetime() });
const Hex32 = z.string().regex(/^[0-9a-f]{64}$/);
const Targets = z.array(
  z
    .strictObject({
      name: TargetName,
      bytes: z.int().min(0),
      hashes: z.object({
        sha256: Hex32,
        sha512: z
          .string()
          .regex(/^[0-9a-f]{128}$/)
          .exactOptional(),
      }),
    })
    .transform(({ hashes, ...file }) => ({ ...file, ...hashes })),
);

/** What a repository says at one point of time, all of it signed. */
export interface Release {
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly signedAt: number;
  /** When the first of its four files expires, in milliseconds since 1970. */
  readonly expiresAt: number;
  readonly targets: readonly Target[];
  /** Proves bytes that were got elsewhere. @throws TRUST_INVALID (no such target), TRUST_DIGEST */
  verify(name: string, bytes: Buffer): Verified<Buffer>;
}

/** The release in a store that holds all four roles, after a look at what tuf-js does not look at. @throws TRUST_INVALID */
export function releaseIn(store: TrustedStore, what: string): Release {
  const { root, timestamp, snapshot, targets: list } = rolesOf(store, what);
  const parts = [root, timestamp, snapshot, list].map((part) =>
    parseSigned({ version: part.version, expires: part.expires }, Part, what),
  );
  if (list.delegations) throw new AppError('TRUST_INVALID', `${what} delegates, which no repository of ours does`);
  const signedAt = Date.parse(parseSigned(timestamp.unrecognizedFields, SignedAt, what)[SIGNED_AT]);
  const targets = parseSigned(
    Object.entries(list.targets).map(([name, file]) => ({ name, bytes: file.length, hashes: file.hashes })),
    Targets,
    what,
  );
  return {
    version: timestamp.version,
    signedAt,
    expiresAt: Math.min(...parts.map((part) => Date.parse(part.expires))),
    targets,
    verify: (name, bytes) => verifyBytes(bytes, targetNamed(targets, name)),
  };
}

/** @throws TRUST_INVALID when the release has no such target */
export function targetNamed(targets: readonly Target[], name: string): Target {
  const target = targets.find((one) => one.name === name);
  if (!target) throw new AppError('TRUST_INVALID', `${name} is not among the signed files`, { details: { name } });
  return target;
}

/** The floor that a verified release sets, on top of the one before it. */
export function floorOf(store: TrustedStore, { signedAt }: Release, before: Floor | undefined): Floor {
  const root = store.root.signed;
  const keyIds = keyIdsIn(root);
  const now = { ...versionsIn(store), signedAt };
  if (!before || !countsUnder(before, root)) return { ...now, keyIds };
  return {
    root: Math.max(now.root, before.root),
    timestamp: Math.max(now.timestamp, before.timestamp),
    snapshot: Math.max(now.snapshot, before.snapshot),
    targets: Math.max(now.targets, before.targets),
    signedAt: Math.max(now.signedAt, before.signedAt),
    keyIds,
  };
}

/** @throws TRUST_ROLLBACK when anything in the store is older than what this computer has seen */
export function holdAbove(store: TrustedStore, floor: Floor | undefined, what: string): void {
  if (!floor) return;
  const found = versionsIn(store);
  // Under other keys the versions count afresh (trust §5.2). The root's own never do, so an old key cannot ask for that.
  const held = countsUnder(floor, store.root.signed)
    ? (['root', 'timestamp', 'snapshot', 'targets'] as const)
    : (['root'] as const);
  const role = held.find((one) => found[one] < floor[one]);
  if (role) {
    throw new AppError(
      'TRUST_ROLLBACK',
      `${what}: version ${found[role]} of ${role} is older than ${floor[role]}, which was seen here`,
      {
        details: { role, found: found[role], seen: floor[role] },
      },
    );
  }
}

function versionsIn(store: TrustedStore) {
  const { root, timestamp, snapshot, targets } = rolesOf(store, 'the release');
  return { root: root.version, timestamp: timestamp.version, snapshot: snapshot.version, targets: targets.version };
}

function rolesOf(store: TrustedStore, what: string) {
  const { root, timestamp, snapshot, targets } = store;
  if (!timestamp || !snapshot || !targets) throw new AppError('TRUST_INVALID', `${what} is incomplete`);
  return { root: root.signed, timestamp: timestamp.signed, snapshot: snapshot.signed, targets: targets.signed };
}

/** Whether a floor was set by the keys this root names: what other keys signed no longer counts (trust §5.2). */
export function countsUnder(floor: Floor, root: Root): boolean {
  const keyIds = keyIdsIn(root);
  return floor.keyIds.length === keyIds.length && floor.keyIds.every((id, at) => id === keyIds[at]);
}

function keyIdsIn(root: Root): string[] {
  return [...(root.roles['timestamp']?.keyIDs ?? [])].sort();
}
