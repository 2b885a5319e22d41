import { openByOutput } from '../../install/opening/script-output.ts';
import type { Opened } from '../../install/opening/write-disks.ts';
import { openInstance } from '../../install/state/instances.ts';
import { encrypts } from '../../install/state/machine/locked.ts';
import { AppError } from '../../lib/errors.ts';
import { type PluginEnd, readBytes, type Voided, voided } from '../../quarantine/plugin.ts';
import { pluginUser } from '../../run/machine/host/users.ts';
import { runPlugin } from '../../run/plugins/plugin.ts';
import { installedPlugins } from '../machines/plugins.ts';
import type { Attempt } from './opener.ts';

/**
 * Runs the script that opens a machine, confined as every plug-in is, and holds what it writes against what its first run wrote.
 * Another status than 0 opens nothing, whatever it wrote (fact 71).
 * Where the policy encrypts, it opens the disks too.
 * @throws SCRIPT_DENIED, SCRIPT_OTHER, SCRIPT_DAMAGED, KEY_DAMAGED, PLUGIN_*, INTERRUPTED
 */
export async function openByScript(attempt: Attempt<'script'>): Promise<Opened> {
  const { state, vm, authentication, document, known, events } = attempt;
  const { answer, said } = await ask(attempt);
  const tell = (text: string, details: object = {}) =>
    events.add({ vm, kind: 'plugin', text, details: { event: 'opening', ...details }, same: text });
  if ('verdict' in answer) {
    await tell([answer.why, said.trim()].filter(Boolean).join('\n'), { code: answer.code });
    throw refusal(attempt, answer);
  }
  if (said.trim() !== '') await tell(said.trim());
  const wanted = { script: authentication, encrypts: encrypts(document.policy), known };
  return openByOutput(state, vm, wanted, answer.bytes);
}

async function ask({ state, vm, authentication, document, asker, expireTime, signal }: Attempt<'script'>) {
  const { file } = await openInstance(state, vm);
  const plugins = installedPlugins(state, vm);
  const { project, vmId } = document;
  const about = { project, vmId, expireTime: await expireTime() };
  const user = asker === 'anybody' ? {} : { user: asker };
  return runPlugin(
    { script: authentication, event: 'opening', descriptor: undefined, ...about, ...user, signal },
    { ...plugins, folder: `${plugins.folder}.opening` },
    pluginUser(file.number),
    readOutput,
  );
}

/** Any bytes but none, from a run that ended with status 0. */
function readOutput(run: PluginEnd): { bytes: Buffer } | Voided {
  if (run.end === 'exited' && run.status !== 0)
    return voided('SCRIPT_DENIED', `the script ended with status ${run.status}`);
  const read = readBytes(run);
  if ('verdict' in read) return read;
  return read.bytes.length > 0
    ? { bytes: Buffer.from(read.bytes) }
    : voided('PLUGIN_OUTPUT', 'the script wrote nothing');
}

function refusal({ vm, authentication: { message } }: Attempt<'script'>, { code, why }: Voided): AppError {
  const what = `${vm} is not opened, because ${why}`;
  return new AppError(code, message === undefined ? what : `${what}: ${message}`, { details: { vm } });
}
