import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { jsonOrNothing } from '../lib/json.ts';
import { readCapped, readIfThere } from '../sys/files/files.ts';
import { namesIn } from '../sys/files/folders.ts';

const MAX_METADATA_BYTES = 1 << 20;
const Timestamp = z.looseObject({ signed: z.looseObject({ version: z.int().min(1) }) });
const Targets = z.looseObject({
  signed: z.looseObject({
    targets: z.record(z.string(), z.looseObject({ hashes: z.looseObject({ sha256: z.string() }) })),
  }),
});

/** The one file that is replaced in place: readers see the former release until it is. */
export const TIMESTAMP = 'metadata/timestamp.json';

/** The files of the newest release in a published folder. */
export interface Publication {
  folder: string;
  version: number;
  /** All but the timestamp, in the order in which they are to be put somewhere. */
  content: string[];
  /** Those of the release before, which readers may just be reading. */
  former: string[];
}

/** Reads what is to be put on a policy server. @throws FILE_MISSING, PROJECT_INVALID (the folder is damaged) */
export async function publicationIn(folder: string): Promise<Publication> {
  const bytes = await readCapped(join(folder, TIMESTAMP), MAX_METADATA_BYTES);
  const timestamp = Timestamp.safeParse(jsonOrNothing(bytes.toString('utf8'))).data;
  const version = timestamp?.signed.version;
  const release = version === undefined ? undefined : await releaseFiles(folder, version);
  if (version === undefined || !release)
    throw new AppError('PROJECT_INVALID', `${folder} is damaged: deploy once more`);
  const roots = (await namesIn(join(folder, 'metadata'))).filter((name) => /^\d+\.root\.json$/.test(name));
  const content = [...release, ...roots.map((name) => `metadata/${name}`)];
  return { folder, version, content, former: (await releaseFiles(folder, version - 1)) ?? [] };
}

async function releaseFiles(folder: string, version: number): Promise<string[] | undefined> {
  const metadata = [`metadata/${version}.targets.json`, `metadata/${version}.snapshot.json`];
  const bytes = await readIfThere(join(folder, metadata[0] ?? ''), MAX_METADATA_BYTES);
  const listed = Targets.safeParse(jsonOrNothing(bytes?.toString('utf8') ?? '')).data?.signed.targets;
  if (!listed) return undefined;
  const targets = Object.entries(listed).map(([name, { hashes }]) => `targets/${hashes.sha256}.${name}`);
  return [...targets, ...metadata];
}
