import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { AppError } from '../../../../lib/errors.ts';
import { impactOn, SUPPOSED_ANSWERS, type Supposed, simulateAccess } from '../../../../manager/policies/foresee.ts';
import { reportedMachines } from '../../../../manager/policies/reported-machines.ts';
import type { Protocol } from '../../../../policy/parts/access-entry.ts';
import { VersionOrigin } from '../../../../policy/quarantine.ts';
import { parseDestination } from '../../../../quarantine/lists/destination.ts';
import { addCommand } from '../../../program.ts';
import { print, table } from '../../../terminal/print.ts';

interface SimulateOptions extends Partial<Pick<Supposed, 'origin' | 'zone' | 'answer'>> {
  directory: string;
  descriptor?: string;
  to: string;
  protocol: Protocol;
  at?: string;
}

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
      const answer = await simulateAccess(resolve(options.directory), name, supposedBy(options), context.signal);
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
        SUPPOSED_ANSWERS,
      ),
    );

  addCommand<{ directory: string }>(
    nq,
    'impact <vm> <folder>',
    'count what the policy would do to machines, from a folder of `lazaret status --json`',
    async (context, { directory }, name = '', folder = '') => {
      const found = await impactOn(resolve(directory), name, await reportedMachines(folder), context.signal);
      const rows = found.groups.map(({ access, machines, changed, reason }) => [
        `${machines}`,
        access,
        `${changed} change`,
        reason,
      ]);
      print(context, found, rows.length > 0 ? table(rows) : `no machine ${name} is reported in ${folder}`);
    },
  );
}

/** @throws USAGE */
function supposedBy({ descriptor, origin, zone, answer, ...options }: SimulateOptions): Supposed {
  const to = parseDestination(options.to, options.protocol);
  if (!to) throw new AppError('USAGE', `“${options.to}” is not HOST:PORT`);
  const at = options.at === undefined ? undefined : Date.parse(options.at);
  if (Number.isNaN(at)) throw new AppError('USAGE', `“${options.at}” is not a time such as 2026-12-01T08:00:00Z`);
  return { version: descriptor, origin, zone, to, at, answer };
}
