import type { Command } from 'commander';
import {
  addVersion,
  changeVersion,
  removeVersion,
  versionOf,
  versionsOf,
} from '../../../../manager/policies/versions.ts';
import type { Version } from '../../../../policy/quarantine.ts';
import { nqSetCommands } from '../../../../quarantine/versions/descriptor.ts';
import { addCommand } from '../../../program.ts';
import { print, table } from '../../../terminal/print.ts';

interface Located {
  directory: string;
}

interface VersionOptions extends Located {
  description?: string;
  cumulative?: boolean;
}

/** `nq version`: add, list, show, rename, describe, remove. Their order is that of their definition and never changes. */
export function addVersionCommands(version: Command): void {
  addCommand<VersionOptions>(
    version,
    'add <vm> <name>',
    'define the newest version',
    async (context, { directory, description, cumulative }, vm = '', name = '') => {
      const about = { ...(description === undefined ? {} : { description }), ...(cumulative ? { cumulative } : {}) };
      const added = await addVersion(directory, vm, { name, ...about });
      print(context, { ...added, commands: nqSetCommands(added) }, versionText(added));
    },
  )
    .option('--description <text>', 'what it brings')
    .option('--cumulative', 'its update holds all earlier ones, so it may follow any of them');

  addCommand<Located>(
    version,
    'list <vm>',
    'list the versions, oldest first',
    async (context, { directory }, vm = '') => {
      const { threshold, versions } = await versionsOf(directory, vm);
      const rows = versions.map(({ name, descriptor, description }) => [
        name === threshold ? '→' : ' ',
        name,
        descriptor,
        description ?? '',
      ]);
      print(context, { threshold, versions }, rows.length > 0 ? table(rows) : 'no version is defined');
    },
  );

  addCommand<Located>(
    version,
    'show <vm> <name>',
    'show a version and the command that reports it',
    async (context, { directory }, vm = '', name = '') => {
      const found = await versionOf(directory, vm, name);
      print(context, { ...found, commands: nqSetCommands(found) }, versionText(found));
    },
  );

  addCommand<Located>(
    version,
    'remove <vm> <name>',
    'remove a version',
    async (context, { directory }, vm = '', name = '') => {
      await removeVersion(directory, vm, name);
      print(context, { vm, removed: name }, `${vm}: removed ${name}; a machine that is still on it is restricted`);
    },
  );

  addCommand<Located>(
    version,
    'rename <vm> <name> <new-name>',
    'give a version another name; its descriptor stays',
    async (context, { directory }, vm = '', name = '', newName = '') => {
      await changeVersion(directory, vm, name, { name: newName });
      print(context, { vm, renamed: name, name: newName }, `${vm}: ${name} is now ${newName}`);
    },
  );

  addCommand<Located>(
    version,
    'describe <vm> <name> <text>',
    'say what a version brings; an empty text says nothing',
    async (context, { directory }, vm = '', name = '', description = '') => {
      await changeVersion(directory, vm, name, { description });
      print(context, { vm, name, description }, `${vm}: ${name} is described`);
    },
  );
}

function versionText(version: Version): string {
  const { linux, windows } = nqSetCommands(version);
  return [
    `${version.name}  ${version.descriptor}`,
    'run in the guest after its update:',
    `  Linux    ${linux}`,
    `  Windows  ${windows}`,
  ].join('\n');
}
