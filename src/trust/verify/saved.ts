import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { readIfThere, writeFileAtomic } from '../../sys/files/files.ts';
import { makeFolder } from '../../sys/files/folders.ts';
import { Identity, type RepositoryName } from '../root.ts';
import { jsonOf, parseSigned } from './verified.ts';

const MAX_STATE_BYTES = 4 << 20;

/** The four top-level roles, in the order in which they are verified. */
export const ROLES = ['root', 'timestamp', 'snapshot', 'targets'] as const;
export type RoleName = (typeof ROLES)[number];

/** The metadata of one release, byte for byte. */
export type SavedMetadata = Record<RoleName, Buffer>;

const Text = z.string().transform((text) => Buffer.from(text, 'utf8'));
const MetadataFile = z.strictObject({
  format: z.literal(1),
  root: Text,
  timestamp: Text,
  snapshot: Text,
  targets: Text,
});

const Version = z.int().min(0);

/** What a computer has seen and will not go below, trust §5.1; it outlives the metadata. */
const FloorFile = z.strictObject({
  format: z.literal(1),
  root: Version,
  timestamp: Version,
  snapshot: Version,
  targets: Version,
  /** The highest signed time, in milliseconds since 1970. */
  signedAt: z.int().min(0),
  /** The keys that signed it. When the root names others, versions count afresh: a stolen key may have spent them all. */
  keyIds: z.array(z.string()),
});
export type Floor = Omit<z.infer<typeof FloorFile>, 'format'>;

const ProjectFile = z.strictObject({ format: z.literal(1), ...Identity.shape });

/** The one project of this computer, or undefined when none was taken yet. @throws TRUST_INVALID */
export async function savedProject(folder: string): Promise<Identity | undefined> {
  const file = await stateFile(join(folder, 'project.json'), ProjectFile);
  return file && { name: file.name, fingerprint: file.fingerprint };
}

export async function saveProject(folder: string, project: Identity): Promise<void> {
  await writeState(join(folder, 'project.json'), project);
}

/** @throws TRUST_INVALID: a floor that cannot be read is not taken for none */
export async function savedFloor(folder: string, repository: RepositoryName): Promise<Floor | undefined> {
  const file = await stateFile(join(folder, `${repository}-floor.json`), FloorFile);
  if (!file) return undefined;
  const { format: _, ...floor } = file;
  return floor;
}

export async function saveFloor(folder: string, repository: RepositoryName, floor: Floor): Promise<void> {
  await writeState(join(folder, `${repository}-floor.json`), floor);
}

/** Undefined when nothing was verified yet, or the file was lost. @throws TRUST_INVALID */
export async function savedMetadata(folder: string, repository: RepositoryName): Promise<SavedMetadata | undefined> {
  const file = await stateFile(join(folder, `${repository}.json`), MetadataFile);
  return file && { root: file.root, timestamp: file.timestamp, snapshot: file.snapshot, targets: file.targets };
}

/** All four in one file, so that one rename switches from one verified state to the next. */
export async function saveMetadata(folder: string, repository: RepositoryName, metadata: SavedMetadata): Promise<void> {
  const texts = Object.entries(metadata).map(([role, bytes]: [string, Buffer]) => [role, bytes.toString('utf8')]);
  await writeState(join(folder, `${repository}.json`), Object.fromEntries(texts));
}

/** Each role as it was last verified, whether or not the rest of its release came; what is lost or damaged counts as none. */
export async function keptRoles(folder: string, repository: RepositoryName): Promise<Partial<SavedMetadata>> {
  const kept: Partial<SavedMetadata> = {};
  for (const role of ROLES) {
    const bytes = await keptRole(folder, repository, role);
    if (bytes) kept[role] = bytes;
  }
  return kept;
}

export function keptRole(folder: string, repository: RepositoryName, role: RoleName): Promise<Buffer | undefined> {
  return readIfThere(rolePath(folder, repository, role), MAX_STATE_BYTES).catch(lostWhereDamaged);
}

/** One role that was verified, by rename. */
export async function keepRole(
  folder: string,
  repository: RepositoryName,
  role: RoleName,
  bytes: Buffer,
): Promise<void> {
  await makeFolder(join(folder, repository), 0o700);
  await writeFileAtomic(rolePath(folder, repository, role), bytes, 0o600);
}

function rolePath(folder: string, repository: RepositoryName, role: RoleName): string {
  return join(folder, repository, `${role}.json`);
}

function lostWhereDamaged(error: unknown): undefined {
  if (error instanceof AppError && ['FILE_INVALID', 'FILE_TOO_LARGE'].includes(error.code)) return undefined;
  throw error;
}

async function stateFile<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const bytes = await readIfThere(path, MAX_STATE_BYTES);
  return bytes && parseSigned(jsonOf(bytes, path), schema, path);
}

async function writeState(path: string, value: object): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify({ format: 1, ...value }, null, 1)}\n`, 0o600);
}
