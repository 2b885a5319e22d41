import { randomBytes } from 'node:crypto';
import { type Command, Option } from 'commander';
import { AppError } from '../../lib/errors.ts';
import { Exception, Quarantine, type Version } from '../../policy/quarantine.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import { savePolicy, withProject } from '../../project/save.ts';
import { newDescriptor, nqSetCommands } from '../../quarantine/descriptor.ts';
import { versionBased, versionNamed, withoutVersion, withThreshold, withVersion } from '../../quarantine/edit.ts';
import { changeQuarantine, type QuarantineChange } from '../../quarantine/settings.ts';
import { liveVersions } from '../../quarantine/versions.ts';
import { systemClock } from '../../sys/clock.ts';
import { print, table } from '../print.ts';
import { addCommand } from '../program.ts';
import { addForesightCommands } from './foresee.ts';

interface Located {
  directory: string;
}

interface VersionOptions extends Located {
  description?: string;
  cumulative?: boolean;
}

export function addQuarantineCommands(program: Command): void {
  const nq = program.command('nq').description('network quarantine');
  addSet(nq);
  addForesightCommands(nq);
  addVersions(nq.command('version').description('the versions of a machine’s software, oldest first'));

  addCommand<Located>(
    nq,
    'threshold <vm> <version>',
    'this version and newer ones have normal access',
    async (context, { directory }, vm = '', name = '') => {
      const quarantine = await changePolicy(directory, vm, (before) =>
        withThreshold(versionBased(before), name, systemClock()),
      );
      print(context, quarantine, `${vm}: ${name} and newer have normal access; deploy to put it in force`);
    },
  );
}

function addSet(nq: Command): void {
  addCommand<Located & QuarantineChange>(
    nq,
    'set <vm>',
    'set a machine’s quarantine',
    async (context, { directory, ...change }, vm = '') => {
      const quarantine = await changePolicy(directory, vm, (before) => parsed(changeQuarantine(before, change)));
      print(context, quarantine, `${vm}: quarantine ${quarantine.type}; deploy to put it in force`);
    },
  )
    .addOption(
      new Option('--type <type>', 'which quarantine').choices(['none', 'static', 'dynamic', 'version-based', 'custom']),
    )
    .addOption(
      new Option('--mode <mode>', 'lists name what is allowed, or what is not').choices(['whitelist', 'blacklist']),
    )
    .option('--normal <entry...>', 'normal access: addresses, subnets, names, each with protocol and ports if wanted')
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
    .option('--max-offline <duration>', 'how long the last policy holds without the policy server: 12h, 7d')
    .option('--script <name>', 'the plug-in that decides: a file of resources/')
    .option('--argument <text...>', 'what the plug-in is started with')
    .option('--timeout <duration>', 'how long the plug-in may take: 10s')
    .option('--network', 'the plug-in has the computer’s network')
    .option('--no-network', 'the plug-in has no network');
}

function addVersions(version: Command): void {
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
}

async function changePolicy(
  folder: string,
  vmName: string,
  change: (before: Quarantine) => Quarantine,
): Promise<Quarantine> {
  return withProject(folder, async (project) => {
    const vm = vmNamed(project, vmName);
    const quarantine = parsed(change(vm.policy.value.quarantine));
    await savePolicy(vm, { ...vm.policy.value, quarantine });
    return quarantine;
  });
}

async function quarantineOf(folder: string, vm: string) {
  return versionBased(vmNamed(await openProject(folder), vm).policy.value.quarantine);
}

function parsed(value: unknown): Quarantine {
  const result = Quarantine.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  throw new AppError('POLICY_INVALID', problems.join('\n'), { details: { problems } });
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
