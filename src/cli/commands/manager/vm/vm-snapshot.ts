import type { Command } from 'commander';
import {
  type KeptSnapshot,
  listSnapshots,
  removeSnapshot,
  revertSnapshot,
  takeSnapshot,
} from '../../../../manager/machines/snapshots.ts';
import { addCommand } from '../../../program.ts';
import { isConfirmedByName } from '../../../terminal/confirm.ts';
import { print } from '../../../terminal/print.ts';

interface Located {
  directory: string;
}

/** `vm snapshot`: earlier states of a machine in the project that its administrator keeps. */
export function addVmSnapshotCommands(vm: Command): void {
  const snapshot = vm.command('snapshot').description('keep states of your own copy of a machine, and go back to them');

  addCommand<Located & { description?: string }>(
    snapshot,
    'take <vm> <name>',
    'keep the state of a machine that does not run: its disks, its version, and its memory where it is suspended',
    async (context, { directory, description }, vm = '', name = '') => {
      await takeSnapshot(directory, vm, { name, ...(description === undefined ? {} : { description }) });
      print(context, { vm, snapshots: await listSnapshots(directory, vm) }, `${vm} has the snapshot “${name}”`);
    },
  ).option('--description <text>', 'what it is for');

  addCommand<Located>(
    snapshot,
    'list <vm>',
    'list the states that are kept',
    async (context, { directory }, vm = '') => {
      const snapshots = await listSnapshots(directory, vm);
      print(context, { vm, snapshots }, listText(vm, snapshots));
    },
  );

  addCommand<Located & { yes?: boolean }>(
    snapshot,
    'revert <vm> <name>',
    'put a machine that does not run back to a state that was kept',
    async (context, { directory, yes }, vm = '', name = '') => {
      const ask = (loss: string) => isConfirmedByName(context, loss, [vm]);
      await revertSnapshot(directory, vm, name, yes === true ? undefined : ask);
      print(context, { vm, snapshots: await listSnapshots(directory, vm) }, `${vm} is as it was in “${name}”`);
    },
  ).option('--yes', 'go on although what was changed in it since is lost');

  addCommand<Located & { yes?: boolean }>(
    snapshot,
    'remove <vm> <name>',
    'keep a state no longer',
    async (context, { directory, yes }, vm = '', name = '') => {
      const ask = (loss: string) => isConfirmedByName(context, loss, [vm]);
      await removeSnapshot(directory, vm, name, yes === true ? undefined : ask);
      print(context, { vm, snapshots: await listSnapshots(directory, vm) }, `${vm} has no snapshot “${name}” any more`);
    },
  ).option('--yes', 'go on although it is gone for good');
}

function listText(vm: string, snapshots: readonly KeptSnapshot[]): string {
  if (snapshots.length === 0) return `${vm} has no snapshot`;
  return snapshots
    .map(({ name, takenAt, description, withMemory, isPresent }) =>
      [
        `${name}  ${takenAt}${withMemory ? ', with its memory' : ''}${isPresent ? '  ← the machine goes on from it' : ''}`,
        ...(description === undefined ? [] : [`  ${description}`]),
      ].join('\n'),
    )
    .join('\n');
}
