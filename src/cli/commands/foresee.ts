import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import { nameText, type Protocol } from '../../policy/access-entry.ts';
import { type Quarantine, VersionOrigin } from '../../policy/quarantine.ts';
import type { Zone } from '../../policy/zones.ts';
import { openProject, type Project, type ProjectVm, vmNamed } from '../../project/open.ts';
import { accessLists } from '../../quarantine/access-list.ts';
import { parseDestination } from '../../quarantine/destination.ts';
import { syntheticAddresses } from '../../quarantine/pinned.ts';
import { type PluginAnswer, voided } from '../../quarantine/plugin.ts';
import { impact, type ReportedMachine, simulate } from '../../quarantine/simulate.ts';
import { subnetAround } from '../../quarantine/subnet-around.ts';
import { descriptorMeant } from '../../quarantine/versions.ts';
import { inZone, zonesOf } from '../../quarantine/zones.ts';
import { systemClock } from '../../sys/clock.ts';
import { readCapped } from '../../sys/files/files.ts';
import { namesIn } from '../../sys/files/folders.ts';
import { addressesIn as addressesOf, lookUp, upstreamResolvers } from '../../sys/network/resolver.ts';
import { print, table } from '../print.ts';
import { addCommand } from '../program.ts';

const RESOLVE_MS = 3000;
const MAX_REPORT_BYTES = 8 << 20;

interface SimulateOptions {
  directory: string;
  descriptor?: string;
  origin?: VersionOrigin;
  zone?: string;
  to: string;
  protocol: Protocol;
  at?: string;
  answer?: string;
}

const Machine = z.looseObject({
  vm: z.string(),
  descriptor: z.string().optional(),
  origin: VersionOrigin.optional(),
  enforcement: z.enum(['host', 'guest-only']).optional(),
  access: z.string().optional(),
});
const Report = z.union([z.looseObject({ machines: z.array(Machine) }), Machine]);

/** What a policy would do, before it is deployed; the administrator tries many, so these commands load nothing of the others’. */
export function addForesight(program: Command): void {
  addForesightCommands(program.command('nq').description('network quarantine'));
}

export function addForesightCommands(nq: Command): void {
  addCommand<SimulateOptions>(
    nq,
    'simulate <vm>',
    'say whether a machine of a version could reach a place, and why',
    async (context, options, name = '') => {
      const { project, vm, quarantine, ipv6 } = await openDraft(options.directory, name);
      const to = parseDestination(options.to, options.protocol);
      if (!to) throw new AppError('USAGE', `“${options.to}” is not HOST:PORT`);
      const now = options.at === undefined ? systemClock() : Date.parse(options.at);
      if (Number.isNaN(now)) throw new AppError('USAGE', `“${options.at}” is not a time such as 2026-12-01T08:00:00Z`);
      const descriptor = descriptorOf(name, quarantine, options.descriptor);
      const answer = simulate(quarantine, {
        descriptor,
        origin: options.origin,
        zone: zoneNamed(quarantine, options.zone),
        ipv6,
        to,
        now,
        names: await addressesIn(inZone(quarantine, zoneNamed(quarantine, options.zone))),
        plugin: answerNamed(options.answer) ?? (await tryPlugin(project, vm, descriptor, context.signal)),
      });
      const text = `${answer.allowed ? 'allowed' : 'not allowed'} by: ${answer.rule}\n${answer.access} access: ${answer.reason}`;
      print(context, answer, text);
    },
  )
    .option('--descriptor <version>', 'the version it has reported, by name or descriptor; without it, none')
    .addOption(
      new Option('--origin <whom>', 'the origin of that version').choices(VersionOrigin.options).default('guest'),
    )
    .option('--zone <name>', 'on the network of this zone; without it, on one that no zone describes')
    .requiredOption('--to <host:port>', 'the place')
    .addOption(
      new Option('--protocol <name>', 'the protocol of the packets').choices(['tcp', 'udp', 'icmp']).default('tcp'),
    )
    .option('--at <time>', 'at that moment, for times of grace')
    .addOption(
      new Option('--answer <word>', 'what the plug-in says; without it, the project’s own is asked').choices(
        Object.keys(ANSWERS),
      ),
    );

  addCommand<{ directory: string }>(
    nq,
    'impact <vm> <folder>',
    'count what the policy would do to machines, from a folder of `lazaret status --json`',
    async (context, { directory }, name = '', folder = '') => {
      const { project, vm, quarantine } = await openDraft(directory, name);
      const reported = (await reportsIn(folder)).filter((machine) => machine.vm === name);
      const answers = new Map<string | undefined, PluginAnswer | undefined>();
      for (const { descriptor } of reported)
        if (!answers.has(descriptor)) answers.set(descriptor, await tryPlugin(project, vm, descriptor, context.signal));
      const groups = impact(quarantine, reported, systemClock(), (descriptor) => answers.get(descriptor));
      const rows = groups.map(({ access, machines, changed, reason }) => [
        `${machines}`,
        access,
        `${changed} change`,
        reason,
      ]);
      print(
        context,
        { machines: reported.length, groups },
        rows.length > 0 ? table(rows) : `no machine ${name} is reported in ${folder}`,
      );
    },
  );
}

async function openDraft(folder: string, name: string) {
  const project = await openProject(resolve(folder));
  const vm = vmNamed(project, name);
  const { quarantine, ipv6 } = vm.policy.value;
  return { project, vm, quarantine, ipv6 };
}

/** @throws VERSION_UNKNOWN when it is neither a descriptor nor a version’s name */
function descriptorOf(vm: string, quarantine: Quarantine, given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const meant = descriptorMeant(quarantine, given);
  if (meant === undefined) throw new AppError('VERSION_UNKNOWN', `${vm} has no version ${given}`);
  return meant;
}

/** @throws ZONE_UNKNOWN */
function zoneNamed(quarantine: Quarantine, name: string | undefined): Zone | undefined {
  if (name === undefined) return undefined;
  const zone = zonesOf(quarantine).find((one) => one.name === name);
  if (!zone) throw new AppError('ZONE_UNKNOWN', `the policy describes no zone ${name}`);
  return zone;
}

/** What a plug-in may be supposed to say. */
const ANSWERS: Readonly<Record<string, PluginAnswer>> = {
  yes: { verdict: 'yes' },
  no: { verdict: 'no' },
  reject: { verdict: 'reject' },
  void: voided('PLUGIN_FAILED', 'the plug-in gave no answer'),
};

function answerNamed(word: string | undefined): PluginAnswer | undefined {
  return word === undefined ? undefined : ANSWERS[word];
}

/** What the plug-in of a custom quarantine says to a descriptor; undefined with other types, which wait for no plug-in’s modules. */
async function tryPlugin(
  project: Project,
  vm: ProjectVm,
  descriptor: string | undefined,
  signal: AbortSignal,
): Promise<PluginAnswer | undefined> {
  const { quarantine } = vm.policy.value;
  if (quarantine.type !== 'custom') return undefined;
  const { tryPluginOf } = await import('../tried-plugin.ts');
  return tryPluginOf(project, vm, quarantine.script, descriptor, signal);
}

/** The addresses that the lists’ names are reached under, as this computer resolves them; a name that does not resolve has none. */
async function addressesIn(quarantine: Quarantine): Promise<Map<string, string[]>> {
  const lists = accessLists(quarantine);
  const entries = Object.values(lists).flatMap((list) => list.entries);
  const targets = entries.flatMap(({ target }) => (target.kind === 'name' ? [target] : []));
  if (targets.length === 0) return new Map();
  const resolvers = await upstreamResolvers();
  const synthetic = syntheticAddresses(lists);
  const names = [...new Set(targets.map(({ name }) => name))];
  const looked = names.map(async (name) => [name, await lookUp(name, resolvers, RESOLVE_MS)] as const);
  const found = new Map(await Promise.all(looked));
  const reached = [...found].map(([name, answers]) => {
    const addresses = addressesOf(answers);
    const own = synthetic.get(name);
    return [name, own && addresses.length > 0 ? Object.values(own).flat() : addresses] as const;
  });
  const around = targets.flatMap((target) => {
    const { v4 = [] } = found.get(target.name) ?? {};
    const { bits } = target;
    if (bits === undefined || typeof v4 === 'string') return [];
    return [[nameText(target), v4.map((address) => subnetAround(address, bits))] as const];
  });
  return new Map([...reached, ...around]);
}

/** @throws FILE_INVALID when a file is no report */
async function reportsIn(folder: string): Promise<ReportedMachine[]> {
  const reported: ReportedMachine[] = [];
  for (const name of (await namesIn(folder)).filter((file) => file.endsWith('.json'))) {
    const report = Report.safeParse(
      jsonOrNothing((await readCapped(join(folder, name), MAX_REPORT_BYTES)).toString('utf8')),
    );
    if (!report.success) throw new AppError('FILE_INVALID', `${name} is not a report of \`lazaret status --json\``);
    reported.push(
      ...('machines' in report.data ? z.array(Machine).parse(report.data.machines) : [Machine.parse(report.data)]),
    );
  }
  return reported;
}
