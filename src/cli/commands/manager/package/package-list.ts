import type { Command } from 'commander';
import { formatBytes } from '../../../../lib/bytes.ts';
import { type ListedPackage, listPackages } from '../../../../manager/packages/list.ts';
import { systemClock } from '../../../../sys/clock.ts';
import { addCommand } from '../../../program.ts';
import { print, table } from '../../../terminal/print.ts';

export function addPackageListCommand(packages: Command): void {
  addCommand<{ directory: string }>(
    packages,
    'list',
    'list the packages that are published, oldest first',
    async (context, { directory }) => {
      const listed = await listPackages(directory);
      print(context, listed, listed.length > 0 ? listText(listed, systemClock()) : 'no package is published yet');
    },
  );
}

function listText(listed: readonly ListedPackage[], now: number): string {
  const rows = listed.map(({ name, generation, kind, createdAt, expiresAt, blobBytes, ...brings }) => [
    ...[name, `${generation}`, kind, day(createdAt)],
    `${day(expiresAt)}${Date.parse(expiresAt) <= now ? ' (over)' : ''}`,
    ...[formatBytes(blobBytes), bringsText(brings)],
  ]);
  return table([['package', 'generation', 'kind', 'made', 'installable until', 'size', 'brings'], ...rows]);
}

type Brings = Pick<ListedPackage, 'machines' | 'policies' | 'hasHostPolicy' | 'minGeneration'>;

function bringsText({ machines, policies, hasHostPolicy, minGeneration }: Brings): string {
  const parts = [
    ...machines.map(
      ({ vm, release, layers }) => `${vm} release ${release} of ${layers} layer${layers === 1 ? '' : 's'}`,
    ),
    ...policies.map((vm) => `policy of ${vm}`),
    ...(hasHostPolicy ? ['rules for users’ computers'] : []),
    ...(minGeneration === undefined ? [] : [`nothing older than ${minGeneration} from then on`]),
  ];
  return parts.join(', ');
}

function day(iso: string): string {
  return iso.slice(0, 10);
}
