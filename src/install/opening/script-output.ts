import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { type OpeningScript, scriptIdentity } from '../../policy/authentication.ts';
import { isThere } from '../../sys/files/files.ts';
import { whoKnows } from '../../trust/age/who-knows.ts';
import { isRight, makeVerifier, Verifier } from '../../trust/verifier.ts';
import { isDamage, readIfWhole, readState, removeState, writeState } from '../state/instances.ts';
import { instancePaths } from '../state/layout.ts';
import { keepDiskKey, newDiskKey, openDiskKey } from './disk-key.ts';
import { forgetUserKeys } from './kept-keys.ts';
import type { Opened } from './write-disks.ts';

/** `script-output.json`: what the first run wrote cannot be read from it; what later runs write is held against it. */
const OutputFile = z.strictObject({
  format: z.literal(1),
  /** Of which script: one of another name, or with other arguments, is asked for the first time. */
  about: z.string(),
  /** Without it, it is the key of the machine’s disks that is held against what it writes. */
  verifier: Verifier.exactOptional(),
});
type OutputFile = z.infer<typeof OutputFile>;

/** Which script a machine is opened by, whether its disks are to be encrypted, and what opens them where that is known already. */
interface Wanted {
  script: OpeningScript;
  encrypts: boolean;
  known: string | undefined;
}

/**
 * Lets a machine be opened by what its script wrote, byte for byte, and gives what opens its disks: the first run sets it (ACE 1.0 pp.
 * 245-246, fact 70).
 * @throws SCRIPT_OTHER, SCRIPT_DAMAGED, KEY_DAMAGED
 */
export async function openByOutput(state: string, vm: string, wanted: Wanted, output: Buffer): Promise<Opened> {
  const { script, encrypts, known } = wanted;
  const { scriptKey } = instancePaths(state, vm);
  if (await isThere(scriptKey)) {
    const diskKey = await openDiskKey(scriptKey, whoKnows(textOf(output)));
    if (diskKey === undefined) throw other(vm, script, ', and nothing else opens its disks');
    await forgetUserKeys(state, vm);
    if (!encrypts) await write(state, vm, { about: scriptIdentity(script), verifier: await makeVerifier(output) });
    return { diskKey, encrypts };
  }
  await requireRight(state, vm, wanted, output);
  if (!encrypts) return { encrypts };
  const diskKey = known ?? newDiskKey();
  // The key comes first: while there is one, it alone tells who is right.
  await keepDiskKey(scriptKey, diskKey, whoKnows(textOf(output)));
  await write(state, vm, { about: scriptIdentity(script) });
  // From here on no password opens them any more.
  await forgetUserKeys(state, vm);
  return { diskKey, encrypts };
}

/** The script whose output opens a machine’s disks; undefined where none does. */
export async function scriptOfDisks(state: string, vm: string): Promise<string | undefined> {
  const { scriptKey, scriptOutput } = instancePaths(state, vm);
  if (!(await isThere(scriptKey))) return undefined;
  return (await readIfWhole(scriptOutput, OutputFile))?.about ?? '';
}

/** Sets it where it is the first. @throws SCRIPT_OTHER, SCRIPT_DAMAGED, KEY_DAMAGED */
async function requireRight(state: string, vm: string, { script, encrypts }: Wanted, output: Buffer): Promise<void> {
  const about = scriptIdentity(script);
  const file = await readFile(state, vm);
  if (file?.about !== about) {
    if (!encrypts) await write(state, vm, { about, verifier: await makeVerifier(output) });
    return;
  }
  if (file.verifier && (await isRight(file.verifier, output))) return;
  if (file.verifier) throw other(vm, script);
  const { scriptKey: path } = instancePaths(state, vm);
  throw new AppError('KEY_DAMAGED', `${path} is missing`, { details: { path } });
}

function other(vm: string, { message }: OpeningScript, more = ''): AppError {
  const what = `the script that opens ${vm} wrote something else than the first time${more}`;
  return new AppError('SCRIPT_OTHER', message === undefined ? what : `${what}: ${message}`, { details: { vm } });
}

/** All bytes count, and the key’s file is opened by a text. */
function textOf(output: Buffer): string {
  return createHash('sha256').update(output).digest('hex');
}

async function write(state: string, vm: string, file: Omit<OutputFile, 'format'>): Promise<void> {
  await writeState(instancePaths(state, vm).scriptOutput, { format: 1, ...file });
}

/** The first output of a script that nobody asks for any more does not come back with a later policy. */
export function forgetOutput(state: string, vm: string): Promise<void> {
  return removeState(instancePaths(state, vm).scriptOutput);
}

/** Undefined before the first opening. @throws SCRIPT_DAMAGED */
async function readFile(state: string, vm: string): Promise<OutputFile | undefined> {
  const { scriptOutput: path } = instancePaths(state, vm);
  if (!(await isThere(path))) return undefined;
  try {
    return await readState(path, OutputFile);
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    throw new AppError('SCRIPT_DAMAGED', `what the script that opens ${vm} is held against is damaged`, {
      ...{ cause, details: { path } },
    });
  }
}
