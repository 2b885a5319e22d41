import type { Command } from 'commander';
import type { ListedPackage } from '../../../manager/packages/list.ts';
import { lookAtProject, type ProjectState } from '../../../manager/project-state.ts';
import { addCommand } from '../../program.ts';
import { printDoubt } from '../../secrets/signer.ts';
import { print, table } from '../../terminal/print.ts';

export function addProjectShowCommand(parent: Command): void {
  addCommand<{ directory: string }>(
    parent,
    'show',
    'show the project’s settings, and what is published',
    async (context, { directory }) => {
      const { state, packages, doubt } = await lookAtProject(directory, context.signal);
      print(context, { ...state, packages }, stateText(state, packages));
      printDoubt(context, doubt);
    },
  );
}

function stateText(state: ProjectState, packages: readonly ListedPackage[]): string {
  const {
    name,
    fingerprint,
    policyServer,
    packageServer,
    recoveryKey,
    domain,
    hasHostPolicy,
    machines,
    policies,
    keys,
  } = state;
  const newest = packages.at(-1);
  const rows = [
    ['project', name],
    ['fingerprint', fingerprint],
    ['policy server', policyServer ?? 'none'],
    ['package server', packageServer ?? 'none'],
    ...(recoveryKey === undefined ? [] : [['recovery key', recoveryKey]]),
    ...(domain === undefined ? [] : [['domain', domain]]),
    ['host policy', hasHostPolicy ? 'rules for users’ computers themselves, in every package' : 'none'],
    ['machines', machines.map(({ vm, quarantine }) => `${vm} (${quarantine})`).join(', ') || 'none yet'],
    ['policies', policies ? `number ${policies.serial}, valid until ${day(policies.expiresAt)}` : 'never deployed'],
    [
      'packages',
      newest
        ? `${packages.length}, the newest ${newest.name} (generation ${newest.generation}), installable until ${day(newest.expiresAt)}`
        : 'none yet',
    ],
    ...keys.map(({ role, keyId, isHere }) => [
      `${role} key`,
      `${keyId.slice(0, 16)}${isHere ? '' : ', no key file here'}`,
    ]),
  ];
  return table(rows);
}

function day(iso: string): string {
  return iso.slice(0, 10);
}
