import type { Command } from 'commander';
import { AppError } from '../../../../lib/errors.ts';
import {
  deployDifference,
  type PolicyDifference,
  pastDeploys,
  serialIn,
  takeBack,
} from '../../../../manager/policies/history.ts';
import { addCommand, type Context } from '../../../program.ts';
import { isConfirmedByName } from '../../../terminal/confirm.ts';
import { print, printStep, table } from '../../../terminal/print.ts';

interface Located {
  directory: string;
}

/** What was deployed, what differs between deploys, and the way back to the policies of an earlier one. */
export function addDeploymentCommands(program: Command): void {
  const deployments = program.command('deployments').description('the deploys that there were');

  addCommand<Located>(deployments, 'list', 'list the deploys, newest first', async (context, { directory }) => {
    const past = (await pastDeploys(directory)).map(({ version, expiresAt }) => ({
      serial: version,
      expiresAt: new Date(expiresAt).toISOString(),
    }));
    const rows = past.map(({ serial, expiresAt }) => [`${serial}`, `believed until ${expiresAt}`]);
    print(context, past, rows.length > 0 ? table(rows) : 'nothing was deployed yet');
  });

  addCommand<Located & { yaml?: boolean }>(
    deployments,
    'diff <from> [to]',
    'say what differs between a deploy and a later one, or the project as it stands',
    async (context, { directory, yaml = false }, from = '', to?: string) => {
      const found = await deployDifference(directory, serialIn(from), to === undefined ? undefined : serialIn(to));
      print(context, found, found.length > 0 ? differenceText(found, yaml) : 'they say the same');
    },
  ).option('--yaml', 'show the policies before and after too');

  addCommand<Located & { yes?: boolean }>(
    deployments,
    'take-back <number>',
    'write the policies of an earlier deploy into the project again; computers follow with the next deploy',
    async (context, { directory, yes = false }, number = '') => {
      const serial = serialIn(number);
      const undone = await deployDifference(directory, serial, undefined);
      if (undone.length > 0 && !yes) await requireAgreed(context, serial, undone);
      const seen = Object.fromEntries(undone.flatMap(({ vm, seen: digest }) => (digest ? [[vm, digest]] : [])));
      const machines = await takeBack(directory, serial, seen);
      const names = machines.join(', ');
      const said = `${names}: the policy of deploy ${serial} is in the project again; deploy to put it in force`;
      print(
        context,
        { serial, machines },
        machines.length > 0 ? said : `the project says already what deploy ${serial} said`,
      );
    },
  ).option('--yes', 'go on although what was changed since is lost');
}

/** @throws LOSS_CONFIRM when nobody confirms it */
async function requireAgreed(context: Context, serial: number, undone: readonly PolicyDifference[]): Promise<void> {
  const loss = `what was changed since deploy ${serial} is lost`;
  printStep(context, `changed since deploy ${serial}:\n${differenceText(undone, false)}`);
  const names = undone.map(({ vm }) => vm);
  if (!(await isConfirmedByName(context, loss, names)))
    throw new AppError('LOSS_CONFIRM', loss, { details: { undone } });
}

function differenceText(found: readonly PolicyDifference[], withYaml: boolean): string {
  return found
    .flatMap(({ vm, words, before = '', after = '' }) => [
      ...words.map((word) => `${vm}: ${word}`),
      ...(withYaml ? [`--- ${vm}, before`, before.trimEnd(), `+++ ${vm}, after`, after.trimEnd()] : []),
    ])
    .join('\n');
}
