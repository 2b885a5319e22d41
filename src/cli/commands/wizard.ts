import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { AppError } from '../../lib/errors.ts';
import type { Quarantine } from '../../policy/quarantine.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import { savePolicy, withProject } from '../../project/save.ts';
import { nqSetCommands } from '../../quarantine/descriptor.ts';
import type { WizardAnswers } from '../../quarantine/edit/wizard.ts';
import { answered, type Outside } from '../../quarantine/edit/wizard-answers.ts';
import { systemClock } from '../../sys/clock.ts';
import { print } from '../print.ts';
import { addCommand } from '../program.ts';

export function addWizardCommand(nq: Command): void {
  addCommand<{ directory: string }>(
    nq,
    'wizard <vm>',
    'set a machine’s quarantine, question by question',
    async (context, { directory }, name = '') => {
      if (!process.stdin.isTTY) throw new AppError('USAGE', 'the wizard asks at a terminal; nq set takes options');
      const before = vmNamed(await openProject(directory), name).policy.value.quarantine;
      const outside = remembered(() => randomBytes(4).readUInt32BE());
      // What draws at the terminal is loaded by nothing else.
      const { askAll } = await import('../ask.ts');
      const answers = await askAll(before, (given) => answered(before, given, outside()));
      // What changed in the meantime stays as it is now, but where it was asked about.
      const quarantine = await withProject(directory, async (project) => {
        const vm = vmNamed(project, name);
        const made = answered(vm.policy.value.quarantine, answers, outside());
        await savePolicy(vm, { ...vm.policy.value, quarantine: made });
        return made;
      });
      print(
        context,
        quarantine,
        [`${name}: quarantine ${quarantine.type}`, ...nextSteps(quarantine, answers)].join('\n'),
      );
    },
  );
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

function nextSteps(quarantine: Quarantine, { newVersions = [] }: WizardAnswers): string[] {
  const versions = quarantine.type === 'version-based' ? quarantine.versions : [];
  const commands = versions
    .filter(({ name }) => newVersions.includes(name))
    .map((version) => `${version.name}: its updater runs in the guest: ${nqSetCommands(version).linux}`);
  const force = quarantine.type === 'none' || quarantine.type === 'static' ? 'package create' : 'deploy';
  return [...commands, `to put it in force: lazaret-manager ${force}`];
}
