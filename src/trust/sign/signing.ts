import { createHash } from 'node:crypto';
import { Metadata, MetaFile, Root, Signature, Snapshot, type TargetFile, Targets, Timestamp } from '@tufjs/models';
import type { RepositoryName } from '../root.ts';
import { keyEntry, type PublicKey, type SigningKey } from './keys.ts';

const SPEC_VERSION = '1.0.34';

/** The name of the field of a timestamp that says when it was signed. */
export const SIGNED_AT = 'x-lazaret-signed-at';

/** A time as TUF writes it, in whole seconds, rounded down: a signed time is never in the future of its signer. */
function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** What a root says besides its own version and end. */
export interface RootContents {
  repository: RepositoryName;
  projectName: string;
  /** The project's, in the root of `policies` alone. */
  fingerprint?: string;
  rootKeys: readonly PublicKey[];
  /** How many distinct root keys have to sign. */
  threshold: number;
  roleKeys: readonly PublicKey[];
}

export function newRoot(contents: RootContents, version: number, expiresAt: number): Root {
  const all = [...contents.rootKeys, ...contents.roleKeys];
  const role = { keyids: idsOf(contents.roleKeys), threshold: 1 };
  return Root.fromJSON({
    _type: 'root',
    spec_version: SPEC_VERSION,
    version,
    expires: timeText(expiresAt),
    consistent_snapshot: true,
    keys: Object.fromEntries(all.map((key) => [key.keyId, keyEntry(key.publicKeyHex)])),
    roles: {
      root: { keyids: idsOf(contents.rootKeys), threshold: contents.threshold },
      targets: role,
      snapshot: role,
      timestamp: role,
    },
    'x-lazaret-repository': contents.repository,
    'x-lazaret-project': contents.projectName,
    ...(contents.fingerprint === undefined ? {} : { 'x-lazaret-fingerprint': contents.fingerprint }),
  });
}

function idsOf(keys: readonly PublicKey[]): string[] {
  return [...new Set(keys.map((key) => key.keyId))];
}

/** The three files of one release, the inner ones named by digest in the outer ones. */
export function newRelease(
  targets: readonly TargetFile[],
  { version, signedAt, expiresAt, key }: { version: number; signedAt: number; expiresAt: number; key: SigningKey },
): { targets: Buffer; snapshot: Buffer; timestamp: Buffer } {
  const common = { version, specVersion: SPEC_VERSION, expires: timeText(expiresAt) };
  const list = signed(
    new Targets({ ...common, targets: Object.fromEntries(targets.map((target) => [target.path, target])) }),
    [key],
  );
  const snapshot = signed(new Snapshot({ ...common, meta: { 'targets.json': metaOf(list, version) } }), [key]);
  const timestamp = signed(
    new Timestamp({
      ...common,
      snapshotMeta: metaOf(snapshot, version),
      unrecognizedFields: { [SIGNED_AT]: timeText(signedAt) },
    }),
    [key],
  );
  return { targets: list, snapshot, timestamp };
}

function metaOf(bytes: Buffer, version: number): MetaFile {
  return new MetaFile({
    version,
    length: bytes.length,
    hashes: { sha256: createHash('sha256').update(bytes).digest('hex') },
  });
}

/** A metadata file: the part that is signed, and a signature by each key. */
export function signed(part: Root | Timestamp | Snapshot | Targets, keys: readonly SigningKey[]): Buffer {
  const metadata = new Metadata(part);
  for (const key of keys)
    metadata.sign((data) => new Signature({ keyID: key.keyId, sig: key.sign(data).toString('hex') }));
  return Buffer.from(`${JSON.stringify(metadata.toJSON(), null, 1)}\n`);
}
