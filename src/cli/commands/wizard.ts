import { randomBytes } from 'node:crypto';
import { type Command, Option } from 'commander';
import { AppError } from '../../lib/errors.ts';
import type { Quarantine } from '../../policy/quarantine.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import { nqSetCommands } from '../../quarantine/descriptor.ts';
import { PANEL_NAMES, type PanelName, type WizardAnswers } from '../../quarantine/edit/wizard.ts';
import { answered, type Outside } from '../../quarantine/edit/wizard-answers.ts';
import { inForceText } from '../../quarantine/in-force.ts';
import { systemClock } from '../../sys/clock.ts';
import { changePolicyAsking, lossText } from '../change-policy.ts';
import { print } from '../print.ts';
import { addCommand } from '../program.ts';

export function addWizardCommand(nq: Command): void {
  addCommand<{ directory: string; panel?: PanelName }>(
    nq,
    'wizard <vm>',
    'set a machine’s quarantine, question by question',
    async (context, { directory, panel }, vm = '') => {
      if (!process.stdin.isTTY) throw new AppError('USAGE', 'the wizard asks at a terminal; nq set takes options');
      const shown = vmNamed(await openProject(directory), vm).policy.value.quarantine;
      const outside = remembered(() => randomBytes(4).readUInt32BE());
      // What draws at the terminal is loaded by nothing else.
      const { askAll } = await import('../ask.ts');
      const answers = await askAll({
        before: shown,
        resultOf: (given) => answered(shown, given, outside()),
        lossOf: (made) => lossText(vm, shown, made),
        panel,
      });
      // What changed in the meantime stays as it is now, but where it was asked about.
      const { before, quarantine, project } = await changePolicyAsking(
        context,
        { directory, vm, isConfirmed: false },
        (policy) => answered(policy, answers, outside()),
      );
      const force = inForceText(before, quarantine, project.file.value.policyServer !== undefined);
      const steps = [`${vm}: quarantine ${quarantine.type}`, ...newCommands(quarantine, answers), force];
      print(context, quarantine, steps.join('\n'));
    },
  ).addOption(new Option('--panel <name>', 'begin there, and finish when it is answered').choices(PANEL_NAMES));
}

/** Gives what chance gave the first time, so that what is saved is what was shown. */
function remembered(draw: () => number): () => Outside {
  const drawn: number[] = [];
  return () => {
    let count = 0;
    const randomBits = () => {
      drawn[count] ??= draw();
      return drawn[count++] ?? 0;
    };
    return { randomBits, now: systemClock() };
  };
}

/** What the updaters of versions that were just defined run. */
function newCommands(quarantine: Quarantine, { newVersions = [] }: WizardAnswers): string[] {
  const versions = quarantine.type === 'version-based' ? quarantine.versions : [];
  return versions
    .filter(({ name }) => newVersions.includes(name))
    .map((version) => `${version.name}: its updater runs in the guest: ${nqSetCommands(version).linux}`);
}
