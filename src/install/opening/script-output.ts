import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { canonicalJson } from '../../lib/json.ts';
import type { OpeningScript } from '../../policy/authentication.ts';
import { isThere, removeFile } from '../../sys/files/files.ts';
import { isRight, makeVerifier, Verifier } from '../../trust/verifier.ts';
import { isDamage, readState, writeState } from '../state/instances.ts';
import { instancePaths } from '../state/layout.ts';

/** `script-output.json`: what the first run wrote cannot be read from it; what later runs write is held against it. */
const OutputFile = z.strictObject({
  format: z.literal(1),
  /** Of which script: one of another name, or with other arguments, is asked for the first time. */
  about: z.string(),
  verifier: Verifier,
});
type OutputFile = z.infer<typeof OutputFile>;

/**
 * Lets a machine be opened by what its script wrote, byte for byte: the first run sets it (ACE 1.0 pp. 245-246, fact 70).
 * @throws SCRIPT_OTHER, SCRIPT_DAMAGED
 */
export async function openByOutput(state: string, vm: string, script: OpeningScript, output: Buffer): Promise<void> {
  const about = canonicalJson([script.file, script.arguments]);
  const file = await readFile(state, vm);
  if (file?.about !== about) {
    const verifier = await makeVerifier(output);
    return writeState(instancePaths(state, vm).scriptOutput, { format: 1, about, verifier });
  }
  if (await isRight(file.verifier, output)) return;
  const { message } = script;
  const what = `the script that opens ${vm} wrote something else than the first time`;
  throw new AppError('SCRIPT_OTHER', message === undefined ? what : `${what}: ${message}`, { details: { vm } });
}

/** The first output of a script that nobody asks for any more does not come back with a later policy. */
export function forgetOutput(state: string, vm: string): Promise<void> {
  return removeFile(instancePaths(state, vm).scriptOutput);
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
