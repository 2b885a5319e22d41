import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import type { Version } from '../../policy/quarantine.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import { newDescriptor, nqSetCommands } from '../../quarantine/descriptor.ts';
import {
  versionBased,
  versionNamed,
  withoutVersion,
  withVersion,
  withVersionChanged,
} from '../../quarantine/edit/version-list.ts';
import { liveVersions } from '../../quarantine/versions.ts';
import { changePolicy } from '../change-policy.ts';
import { print, table } from '../print.ts';
import { addCommand } from '../program.ts';

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
      let added: Version | undefined;
      await changePolicy(directory, vm, (before) => {
        const quarantine = versionBased(before);
        const descriptor = newDescriptor(quarantine.versions, () => randomBytes(4).readUInt32BE());
        const more = { ...(description === undefined ? {} : { description }), ...(cumulative ? { cumulative } : {}) };
        added = { name, descriptor, ...more };
        return withVersion(quarantine, added);
      });
      if (added) print(context, { ...added, commands: nqSetCommands(added) }, versionText(added));
    },
  )
    .option('--description <text>', 'what it brings')
    .option('--cumulative', 'its update holds all earlier ones, so it may follow any of them');

  addCommand<Located>(
    version,
    'list <vm>',
    'list the versions, oldest first',
    async (context, { directory }, vm = '') => {
      const quarantine = await quarantineOf(directory, vm);
      const rows = liveVersions(quarantine).map(({ name, descriptor, description }) => [
        name === quarantine.threshold ? '→' : ' ',
        name,
        descriptor,
        description ?? '',
      ]);
      print(
        context,
        { threshold: quarantine.threshold, versions: liveVersions(quarantine) },
        rows.length > 0 ? table(rows) : 'no version is defined',
      );
    },
  );

  addCommand<Located>(
    version,
    'show <vm> <name>',
    'show a version and the command that reports it',
    async (context, { directory }, vm = '', name = '') => {
      const found = versionNamed(await quarantineOf(directory, vm), name);
      print(context, { ...found, commands: nqSetCommands(found) }, versionText(found));
    },
  );

  addCommand<Located>(
    version,
    'remove <vm> <name>',
    'remove a version',
    async (context, { directory }, vm = '', name = '') => {
      await changePolicy(directory, vm, (before) => withoutVersion(versionBased(before), name));
      print(context, { vm, removed: name }, `${vm}: removed ${name}; a machine that is still on it is restricted`);
    },
  );

  addCommand<Located>(
    version,
    'rename <vm> <name> <new-name>',
    'give a version another name; its descriptor stays',
    async (context, { directory }, vm = '', name = '', newName = '') => {
      await changePolicy(directory, vm, (before) => withVersionChanged(versionBased(before), name, { name: newName }));
      print(context, { vm, renamed: name, name: newName }, `${vm}: ${name} is now ${newName}`);
    },
  );

  addCommand<Located>(
    version,
    'describe <vm> <name> <text>',
    'say what a version brings; an empty text says nothing',
    async (context, { directory }, vm = '', name = '', description = '') => {
      await changePolicy(directory, vm, (before) => withVersionChanged(versionBased(before), name, { description }));
      print(context, { vm, name, description }, `${vm}: ${name} is described`);
    },
  );
}

async function quarantineOf(folder: string, vm: string) {
  return versionBased(vmNamed(await openProject(folder), vm).policy.value.quarantine);
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
