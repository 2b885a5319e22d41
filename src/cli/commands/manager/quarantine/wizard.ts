import { type Command, Option } from 'commander';
import { AppError } from '../../../../lib/errors.ts';
import { openWizard } from '../../../../manager/policies/wizard.ts';
import type { Quarantine } from '../../../../policy/quarantine.ts';
import { PANEL_NAMES, type PanelName, type WizardAnswers } from '../../../../quarantine/edit/wizard-form.ts';
import { nqSetCommands } from '../../../../quarantine/versions/descriptor.ts';
import { addCommand } from '../../../program.ts';
import { isConfirmedByName } from '../../../terminal/confirm.ts';
import { print } from '../../../terminal/print.ts';

export function addWizardCommand(nq: Command): void {
  addCommand<{ directory: string; panel?: PanelName }>(
    nq,
    'wizard <vm>',
    'set a machine’s quarantine, question by question',
    async (context, { directory, panel }, vm = '') => {
      if (!process.stdin.isTTY) throw new AppError('USAGE', 'the wizard asks at a terminal; nq set takes options');
      const wizard = await openWizard(directory, vm);
      // What draws at the terminal is loaded by nothing else.
      const { askAll } = await import('../../../terminal/ask.ts');
      const answers = await askAll(wizard, panel);
      const { quarantine, inForce } = await wizard.save(answers, (loss) => isConfirmedByName(context, loss, [vm]));
      const steps = [`${vm}: quarantine ${quarantine.type}`, ...newCommands(quarantine, answers), inForce];
      print(context, quarantine, steps.join('\n'));
    },
  ).addOption(new Option('--panel <name>', 'begin there, and finish when it is answered').choices(PANEL_NAMES));
}

/** What the updaters of versions that were just defined run. */
function newCommands(quarantine: Quarantine, { newVersions = [] }: WizardAnswers): string[] {
  const versions = quarantine.type === 'version-based' ? quarantine.versions : [];
  return versions
    .filter(({ name }) => newVersions.includes(name))
    .map((version) => `${version.name}: its updater runs in the guest: ${nqSetCommands(version).linux}`);
}
