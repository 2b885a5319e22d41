import { resolve } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import type { Version } from '../../policy/quarantine.ts';
import { type UpdateStep, updateScript, updateSteps } from '../../quarantine/edit/update-script.ts';
import { liveVersions } from '../../quarantine/versions/versions.ts';
import { readCapped, writeFileAtomic } from '../../sys/files/files.ts';
import { run } from '../../sys/programs/exec.ts';
import { quarantineOf } from './change-policy.ts';

const MAX_COMMANDS_BYTES = 1 << 20;

/** What an updater is made of: each `VERSION=TEXT` or `VERSION=FILE`; one that names no version is the target’s. */
export interface UpdateCommands {
  commands: readonly string[];
  commandFiles: readonly string[];
}

/**
 * The updater that brings a machine’s guests to a version; with `out` it is also written there.
 * @throws PROJECT_*, VM_UNKNOWN, VERSION_UNKNOWN, FILE_*, DISK_FULL, USAGE where a version in between has no commands, or they are no shell script
 */
export async function updaterFor(
  folder: string,
  vm: string,
  target: string,
  given: UpdateCommands,
  out?: string,
): Promise<string> {
  const quarantine = await quarantineOf(folder, vm);
  if (quarantine.type !== 'version-based' || !liveVersions(quarantine).some(({ name }) => name === target))
    throw new AppError('VERSION_UNKNOWN', `${vm} has no version ${target}`);
  const versions = liveVersions(quarantine);
  const steps = updateSteps(quarantine, target, await commandsByVersion(versions, target, given));
  if ('without' in steps)
    throw new AppError(
      'USAGE',
      `there are no commands for ${steps.without.join(', ')}: say what its update is, as in --command "apt-get -y upgrade"`,
    );
  const script = updateScript(vm, versionBefore(versions, steps), steps);
  await run('sh', ['-n'], { input: script }).catch((cause: unknown) => {
    throw new AppError('USAGE', 'the commands are not a shell script', { cause });
  });
  if (out !== undefined) await writeFileAtomic(out, script, 0o755);
  return script;
}

async function commandsByVersion(
  versions: readonly Version[],
  target: string,
  { commands, commandFiles }: UpdateCommands,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const add = (name: string, text: string) => found.set(name, `${found.get(name) ?? ''}${text.trimEnd()}\n`);
  /** `VERSION=TEXT`, where VERSION is one; all else is for the target. */
  const split = (text: string) => {
    const name = versions.map((version) => version.name).find((known) => text.startsWith(`${known}=`));
    return name === undefined ? { name: target, text } : { name, text: text.slice(name.length + 1) };
  };
  for (const { name, text } of commandFiles.map(split))
    add(name, (await readCapped(resolve(text), MAX_COMMANDS_BYTES)).toString('utf8'));
  for (const { name, text } of commands.map(split)) add(name, text);
  return found;
}

function versionBefore(versions: readonly Version[], [first]: readonly UpdateStep[]): Version | undefined {
  return versions[versions.findIndex(({ name }) => name === first?.version.name) - 1];
}
