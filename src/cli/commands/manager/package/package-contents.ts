import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { PackageKind } from '../../../../package/manifest.ts';
import { wholeNumber } from '../../../arguments.ts';

/** What goes into a package, as the command line has it. */
export interface ContentOptions {
  kind: PackageKind;
  vm?: string[];
  policy?: string[];
  resources?: boolean;
  force?: boolean;
  strict?: boolean;
  since?: number;
  withLazaret?: string;
}

export function addContentOptions(command: Command): Command {
  const kinds = 'for a new computer, for one that has the machines, for policies alone, or what is named';
  return command
    .addOption(new Option('--kind <kind>', kinds).choices(PackageKind.options).makeOptionMandatory())
    .option('--vm <name...>', 'only these machines, or policies of these')
    .option('--policy <name...>', 'with --kind custom: policies of these machines, without the machines')
    .option('--resources', 'with --kind custom: the project’s resources too')
    .option('--strict', 'fail where the project’s copy of a machine is not at the newest version')
    .option('--force', 'build it although computers will refuse some of its policies, or it brings nothing new')
    .option('--since <release>', 'an update for computers that have this release or a newer one', wholeNumber)
    .option(
      '--with-lazaret <dir>',
      'Lazaret itself goes with it: the Debian packages in this folder, for who has none yet, or an older one',
    );
}

export function contentRequest({
  kind,
  vm = [],
  policy = [],
  resources = false,
  force = false,
  strict = false,
  since,
  withLazaret,
}: ContentOptions) {
  return {
    ...{ kind, vms: vm, policies: policy, resources, force, strict },
    ...(since === undefined ? {} : { since }),
    ...(withLazaret === undefined ? {} : { withLazaret: resolve(withLazaret) }),
  };
}
