import { resolve } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../../lib/errors.ts';
import type { VersionQuarantine } from '../../policy/quarantine.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import { type UpdateStep, updateScript, updateSteps } from '../../quarantine/edit/update-script.ts';
import { liveVersions } from '../../quarantine/versions/versions.ts';
import { readCapped, writeFileAtomic } from '../../sys/files/files.ts';
import { run } from '../../sys/programs/exec.ts';
import { print } from '../print.ts';
import { addCommand } from '../program.ts';

const MAX_COMMANDS_BYTES = 1 << 20;

interface ScriptOptions {
  directory: string;
  command?: string[];
  commandsFile?: string[];
  out?: string;
}

export function addUpdateScriptCommand(program: Command): void {
  addCommand<ScriptOptions>(
    program,
    'update-script <vm> <version>',
    'write the updater that brings guests to a version',
    async (context, options, vm = '', version = '') => {
      const { quarantine } = vmNamed(await openProject(options.directory), vm).policy.value;
      if (quarantine.type !== 'version-based' || !liveVersions(quarantine).some(({ name }) => name === version))
        throw new AppError('VERSION_UNKNOWN', `${vm} has no version ${version}`);
      const script = await scriptFor(vm, version, quarantine, options);
      if (options.out !== undefined) await writeFileAtomic(resolve(options.out), script, 0o755);
      print(context, { vm, version, script }, options.out === undefined ? script.trimEnd() : `wrote ${options.out}`);
    },
  )
    .option('--command <[version=]text...>', 'a command that updates from the version before; at least one is needed')
    .option('--commands-file <[version=]file...>', 'the same, read from a file')
    .option('--out <file>', 'the file to write, instead of standard output');
}

async function scriptFor(
  vm: string,
  target: string,
  quarantine: VersionQuarantine,
  { command = [], commandsFile = [] }: ScriptOptions,
): Promise<string> {
  const versions = liveVersions(quarantine);
  const commands = new Map<string, string>();
  const add = (name: string, text: string) => commands.set(name, `${commands.get(name) ?? ''}${text.trimEnd()}\n`);
  /** `VERSION=TEXT`, where VERSION is one; all else is for the target. */
  const split = (given: string) => {
    const name = versions.map((version) => version.name).find((known) => given.startsWith(`${known}=`));
    return name === undefined ? { name: target, text: given } : { name, text: given.slice(name.length + 1) };
  };
  for (const { name, text } of commandsFile.map(split))
    add(name, (await readCapped(resolve(text), MAX_COMMANDS_BYTES)).toString('utf8'));
  for (const { name, text } of command.map(split)) add(name, text);
  const steps = updateSteps(quarantine, target, commands);
  if ('without' in steps)
    throw new AppError(
      'USAGE',
      `there are no commands for ${steps.without.join(', ')}: say what its update is, as in --command "apt-get -y upgrade"`,
    );
  const script = updateScript(vm, versionBefore(versions, steps), steps);
  await run('sh', ['-n'], { input: script }).catch((cause: unknown) => {
    throw new AppError('USAGE', 'the commands are not a shell script', { cause });
  });
  return script;
}

function versionBefore(versions: readonly UpdateStep['version'][], [first]: readonly UpdateStep[]) {
  return versions[versions.findIndex(({ name }) => name === first?.version.name) - 1];
}
