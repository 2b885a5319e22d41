import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { Sha256 } from '../../layer/entry.ts';
import { AppError, type Failure, failureOf } from '../../lib/errors.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import { projectPaths, vmPaths } from '../../project/layout.ts';
import type { Project } from '../../project/open.ts';
import { isThere, readIfThere, removeFile, writeFileAtomic } from '../../sys/files/files.ts';
import { namesIn, removeFolder, removeTemporary } from '../../sys/files/folders.ts';
import { takeLock } from '../../sys/files/lock.ts';
import { lastRelease, rootsIn } from '../../trust/sign/published.ts';
import { removeFormerLists } from '../installer/published.ts';
import { exportPackage } from './export.ts';
import { partsOf, publishedManifests } from './published.ts';
import { releaseEntries, removeUnreleased } from './releases.ts';

const MAX_NOTE_BYTES = 16 << 20;

/** `unfinished.json` among the published packages, from before a package is signed until its own folder is complete. */
const Unfinished = z.strictObject({
  format: z.literal(1),
  target: z.string(),
  folder: z.string(),
  blobs: z.array(Sha256),
  /** The list of the Lazaret that goes with it. */
  lazaret: Sha256.exactOptional(),
  /** For whom stands nowhere: it may be a passphrase. */
  isEncrypted: z.literal(true).exactOptional(),
});
type Unfinished = z.infer<typeof Unfinished>;

/** Notes the package that is about to be signed, so that a command after a crash knows what became of it. */
export async function noteUnfinished(
  repository: string,
  note: Omit<Unfinished, 'format' | 'isEncrypted'>,
  isEncrypted: boolean,
): Promise<void> {
  await writeFileAtomic(
    notePath(repository),
    `${JSON.stringify({ format: 1, ...note, ...(isEncrypted ? { isEncrypted } : {}) })}\n`,
  );
}

export async function forgetUnfinished(repository: string): Promise<void> {
  await removeFile(notePath(repository));
}

/** The package of this manifest has been written elsewhere: its own folder is not to be made any more. */
export async function forgetUnfinishedOf(repository: string, target: string): Promise<void> {
  if ((await readNote(repository))?.target === target) await forgetUnfinished(repository);
}

/** A package that is published and that its folder could not be made of. */
export interface Unwritten {
  folder: string;
  failure: Failure;
}

/**
 * Ends what a build that was killed began: a package that users may have seen already is completed, one that was not
 * published leaves nothing. What kept it from being completed is given back.
 * @throws PROJECT_INVALID, TRUST_*
 */
export async function finishBuild(project: Project): Promise<Unwritten | undefined> {
  const repository = projectPaths(project.folder).packages;
  const note = await readNote(repository);
  if (note) await removeTemporariesOf(note.folder);
  const isPublished = note !== undefined && (await publishedTargets(repository)).has(note.target);
  if (note && !isPublished) await removeTarget(repository, note.target);
  let failed: Unwritten | undefined;
  if (note && isPublished && !(await isThere(note.folder))) {
    const written = note.isEncrypted ? Promise.reject(unencrypted(note.folder)) : exportPackage(repository, note);
    await written.catch((error: unknown) => {
      failed = { folder: note.folder, failure: failureOf(error) };
    });
  }
  await forgetUnfinished(repository);
  await removeLeftovers(project);
  return failed;
}

/**
 * Removes what a build left that did not come to its end: layers without an entry, blobs that no release and no package
 * names, temporary files.
 */
export async function removeLeftovers(project: Project): Promise<void> {
  const repository = projectPaths(project.folder).packages;
  const named = new Set(await removeFormerLists(repository));
  for (const { machines, resources } of await publishedManifests(repository))
    for (const { blob } of [...machines.flatMap(partsOf), ...(resources ?? [])]) named.add(blob.sha256);
  for (const { name } of project.vms) {
    const { folder, work, releases } = vmPaths(project.folder, name);
    for (const { blob } of await releaseEntries(project.folder, name)) named.add(blob.sha256);
    // In preview a machine’s files are another command’s business.
    await using lock = await takeLock(join(folder, '.lock'));
    if (!lock) continue;
    await removeTemporary(dirname(work));
    await removeUnreleased(releases);
  }
  for (const part of ['metadata', 'targets', 'blobs']) await removeTemporary(join(repository, part));
  const blobs = join(repository, 'blobs');
  for (const name of await namesIn(blobs)) if (!named.has(name)) await removeFile(join(blobs, name));
}

/** Nobody who ends it knows for whom: in clear it is not written. */
function unencrypted(folder: string): AppError {
  const again = `lazaret-manager package export ${basename(folder)} --encrypt-to`;
  return new AppError('PACKAGE_UNWRITTEN', `it was to be encrypted; write it with ${again}`);
}

function notePath(repository: string): string {
  return join(repository, 'unfinished.json');
}

async function readNote(repository: string): Promise<Unfinished | undefined> {
  const bytes = await readIfThere(notePath(repository), MAX_NOTE_BYTES);
  return bytes && Unfinished.safeParse(jsonOrNothing(bytes.toString('utf8'))).data;
}

async function publishedTargets(repository: string): Promise<Set<string>> {
  const release = await lastRelease(repository, await rootsIn(repository));
  return new Set(release?.targets.map(({ name }) => name));
}

async function removeTarget(repository: string, target: string): Promise<void> {
  const targets = join(repository, 'targets');
  for (const name of await namesIn(targets)) if (name.endsWith(`.${target}`)) await removeFile(join(targets, name));
}

async function removeTemporariesOf(folder: string): Promise<void> {
  const start = `.${folder.slice(dirname(folder).length + 1)}.`;
  for (const name of await namesIn(dirname(folder)))
    if (name.startsWith(start) && name.endsWith('.tmp')) await removeFolder(join(dirname(folder), name));
}
