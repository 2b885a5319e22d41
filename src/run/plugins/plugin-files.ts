import { AppError } from '../../lib/errors.ts';
import { copyProgram, digestFile, headOf, isThere } from '../../sys/files/files.ts';
import { makeFolder, removeFolder } from '../../sys/files/folders.ts';
import { isSystemProgram } from '../../sys/programs/confined.ts';

const MAX_RESOURCE_BYTES = 2 ** 30;
/** What the kernel reads of a file to learn how to run it. */
const HEAD_BYTES = 256;
const ELF = '\x7fELF';

/** A file that plug-ins may use. */
export interface PluginFile {
  name: string;
  path: string;
  /** What a package said its digest is; undefined for the administrator’s own files, which are what they are. */
  sha256?: string;
}

/**
 * Lays the files out in a folder of their own, flat, for one run; what is run is a copy whose digest was taken afterwards.
 * @throws PLUGIN_MISSING, PLUGIN_CHANGED, PLUGIN_NO_PROGRAM, DISK_FULL
 */
export async function layOut(script: string, files: readonly PluginFile[], folder: string): Promise<AsyncDisposable> {
  if (!files.some(({ name }) => name === script)) throw missing(script);
  await removeFolder(folder);
  await makeFolder(folder);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => removeFolder(folder));
  for (const file of files) await layOutOne(file, `${folder}/${file.name}`);
  await requireProgram(script, await headOf(`${folder}/${script}`, HEAD_BYTES));
  return stack.move();
}

async function layOutOne({ name, path, sha256 }: PluginFile, to: string): Promise<void> {
  if (!(await isThere(path))) throw missing(name);
  await copyProgram(path, to, MAX_RESOURCE_BYTES);
  if (sha256 === undefined || (await digestFile(to)).sha256 === sha256) return;
  throw new AppError('PLUGIN_CHANGED', `the plug-in’s file ${name} is not the one that was installed`);
}

/** Whether the kernel would run a file, judged by its first bytes. @throws PLUGIN_NO_PROGRAM */
async function requireProgram(name: string, head: string): Promise<void> {
  if (head.startsWith(ELF)) return;
  const [, interpreter] = /^#![ \t]*(\/[^ \t\r\n]+)[ \t]*(?:[^\r\n]*)\n/.exec(head) ?? [];
  if (interpreter === undefined)
    throw new AppError(
      'PLUGIN_NO_PROGRAM',
      `the plug-in ${name} is not a program: it begins neither with #! nor as a binary`,
    );
  if (isSystemProgram(interpreter) && (await isThere(interpreter))) return;
  throw new AppError('PLUGIN_NO_PROGRAM', `the plug-in ${name} needs ${interpreter}, which this computer has not`);
}

function missing(name: string): AppError {
  return new AppError('PLUGIN_MISSING', `the plug-in’s file ${name} is not on this computer`);
}
