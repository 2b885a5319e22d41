import { type Command, Option } from 'commander';
import { AppError } from '../../../../lib/errors.ts';
import { changePolicy } from '../../../../manager/policies/change-policy.ts';
import { moveThreshold } from '../../../../manager/policies/versions.ts';
import { Exception } from '../../../../policy/parts/access-section.ts';
import { VersionOrigin } from '../../../../policy/quarantine.ts';
import { changeQuarantine, type QuarantineChange } from '../../../../quarantine/edit/settings.ts';
import { addCommand } from '../../../program.ts';
import { isConfirmedByName } from '../../../terminal/confirm.ts';
import { print } from '../../../terminal/print.ts';
import { addForesightCommands } from './foresee.ts';
import { addQuarantineShowCommand } from './quarantine-show.ts';
import { addReportCommands } from './report.ts';
import { addVersionCommands } from './versions.ts';
import { addWizardCommand } from './wizard.ts';

interface Located {
  directory: string;
}

export function addQuarantineCommands(program: Command): void {
  const nq = program.command('nq').description('network quarantine');
  addSet(nq);
  addQuarantineShowCommand(nq);
  addForesightCommands(nq);
  addWizardCommand(nq);
  addReportCommands(nq);
  addVersionCommands(nq.command('version').description('the versions of a machine’s software, oldest first'));

  addCommand<Located & { none?: boolean; all?: boolean }>(
    nq,
    'threshold <vm> [version]',
    'this version and newer ones have normal access',
    async (context, { directory, none = false, all = false }, vm = '', name?: string) => {
      if ([none, all, name !== undefined].filter(Boolean).length !== 1)
        throw new AppError('USAGE', 'say one of: a version, --none, --all');
      const { quarantine, inForce } = await moveThreshold(directory, vm, none ? null : name);
      const have = none ? 'no version has' : `${name === undefined ? 'all versions' : `${name} and newer`} have`;
      print(context, quarantine, `${vm}: ${have} normal access; ${inForce}`);
    },
  )
    .option('--none', 'no version has normal access, whatever time of grace there is')
    .option('--all', 'every version has normal access');
}

function addSet(nq: Command): void {
  addCommand<Located & QuarantineChange & { yes?: boolean }>(
    nq,
    'set <vm>',
    'set a machine’s quarantine',
    async (context, { directory, yes, ...change }, vm = '') => {
      const { quarantine, inForce } = await changePolicy(
        directory,
        vm,
        (before) => changeQuarantine(before, change),
        yes === true ? 'to-any' : (loss) => isConfirmedByName(context, loss, [vm]),
      );
      print(context, quarantine, `${vm}: quarantine ${quarantine.type}; ${inForce}`);
    },
  )
    .option('--yes', 'go on although versions, messages or lists that another type has not are lost')
    .addOption(
      new Option('--type <type>', 'which quarantine').choices(['none', 'static', 'dynamic', 'version-based', 'custom']),
    )
    .addOption(
      new Option('--mode <mode>', 'lists name what is allowed, or what is not').choices(['whitelist', 'blacklist']),
    )
    .option(
      '--normal <entry...>',
      'normal access: addresses, subnets, names, each with protocol and ports if wanted, names “pinned” too',
    )
    .option('--restricted <entry...>', 'restricted access: the same')
    .addOption(
      new Option('--normal-exceptions <kind...>', 'traffic that passes outside the list').choices([
        ...Exception.options,
        'nothing',
      ]),
    )
    .addOption(
      new Option('--restricted-exceptions <kind...>', 'the same for restricted access').choices([
        ...Exception.options,
        'nothing',
      ]),
    )
    .option('--restricted-message <text>', 'shown while access is restricted')
    .option('--update-message <text>', 'shown while a newer version exists')
    .option('--interval <duration>', 'how often the policy is looked up and its plug-in asked: 30s, 5m, 1h')
    .addOption(
      new Option('--on-unreachable <what>', 'once the policy server was away for too long').choices([
        'keep',
        'restricted',
        'refuse',
      ]),
    )
    .option('--grace <duration>', 'how long after the threshold was moved older versions keep normal access: 3d')
    .option('--initial <version>', 'what a machine that never reported counts as')
    .addOption(
      new Option('--version-from <whom>', 'which origin of a version is enough').choices(VersionOrigin.options),
    )
    .option('--signer <key...>', 'public keys of the update servers that sign reports')
    .option('--max-offline <duration>', 'how long the last policy holds without the policy server: 12h, 7d')
    .option('--script <name>', 'the plug-in that decides: a file of resources/')
    .option('--argument <text...>', 'what the plug-in is started with')
    .option('--timeout <duration>', 'how long the plug-in may take: 10s')
    .option('--network', 'the plug-in has the computer’s network')
    .option('--no-network', 'the plug-in has no network');
}
