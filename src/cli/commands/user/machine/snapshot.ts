import type { Command } from 'commander';
import { ROUTES } from '../../../../api/routes.ts';
import type { SnapshotsAnswer } from '../../../../api/snapshots.ts';
import { addCommand, type Context } from '../../../program.ts';
import { askOnce, isFailure, type ServiceOptions } from '../../../service.ts';
import { isConfirmedByName, namesIn } from '../../../terminal/confirm.ts';
import { failureText, print } from '../../../terminal/print.ts';
import { whileSaving } from '../../../terminal/saving.ts';

/** `snapshot`: earlier states of a machine that its user keeps. */
export function addSnapshotCommands(program: Command): void {
  const snapshot = program.command('snapshot').description('keep states of a machine, and go back to them');

  addCommand<ServiceOptions & { description?: string }>(
    snapshot,
    'take <vm> <name>',
    'keep the state of a machine: its disks, its version, and its memory where it runs or is suspended',
    async (context, { description, ...options }, vm = '', name = '') => {
      const body = { name, ...(description === undefined ? {} : { description }) };
      const answer = await whileSaving(options, vm, askOnce(options, ROUTES.takeSnapshot, { vm, body }));
      print(context, answer, `${vm} has the snapshot “${name}”, ${answer.snapshots.length} of ${answer.most}`);
    },
  ).option('--description <text>', 'what it is for');

  addCommand<ServiceOptions>(
    snapshot,
    'list <vm>',
    'list the states that are kept',
    async (context, options, vm = '') => {
      const answer = await askOnce(options, ROUTES.snapshots, { vm });
      print(context, answer, listText(answer));
    },
  );

  addCommand<ServiceOptions & { yes?: boolean }>(
    snapshot,
    'revert <vm> <name>',
    'put a machine back to a state that was kept; one that runs is powered off, and starts from there',
    async (context, options, vm = '', name = '') => {
      const answer = await confirmed(context, options.yes === true, (isConfirmed) =>
        askOnce(options, ROUTES.revertSnapshot, { vm, body: { name, confirmed: isConfirmed }, signal: context.signal }),
      );
      print(context, answer, `${vm} is as it was in “${name}”`);
    },
  ).option('--yes', 'go on although what was changed in it since is lost');

  addCommand<ServiceOptions & { yes?: boolean }>(
    snapshot,
    'remove <vm> <name>',
    'keep a state no longer',
    async (context, options, vm = '', name = '') => {
      const answer = await confirmed(context, options.yes === true, (isConfirmed) =>
        askOnce(options, ROUTES.removeSnapshot, { vm, body: { name, confirmed: isConfirmed }, signal: context.signal }),
      );
      print(context, answer, `${vm} has no snapshot “${name}” any more`);
    },
  ).option('--yes', 'go on although it is gone for good');
}

/** The service says what would be lost; the user is asked, if there is one. */
async function confirmed<Answer>(
  context: Context,
  isConfirmed: boolean,
  ask: (isConfirmed: boolean) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await ask(isConfirmed);
  } catch (error) {
    const isQuestion = isFailure(error) && error.code === 'SNAPSHOT_CONFIRM';
    if (!isQuestion || !(await isConfirmedByName(context, error.reason, namesIn(error.details)))) throw error;
    return ask(true);
  }
}

function listText({ vm, most, snapshots }: SnapshotsAnswer): string {
  if (snapshots.length === 0)
    return most === 0 ? `the project lets no snapshots of ${vm} be kept` : `${vm} has no snapshot; ${most} may be kept`;
  return snapshots
    .map(({ name, takenAt, generation, description, withMemory, isPresent, unusable }) =>
      [
        `${name}  ${takenAt}  generation ${generation}${withMemory ? ', with its memory' : ''}${isPresent ? '  ← the machine goes on from it' : ''}`,
        ...(description === undefined ? [] : [`  ${description}`]),
        ...(unusable ? [`  ${failureText(unusable, '  ')}`] : []),
      ].join('\n'),
    )
    .join('\n');
}
