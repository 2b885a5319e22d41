import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { MODES, type Mode } from '../../../../layer/modes.ts';
import { formatBytes, parseBytes } from '../../../../lib/bytes.ts';
import { AppError } from '../../../../lib/errors.ts';
import { buildAndWrite, writeAgain } from '../../../../manager/packages/build.ts';
import type { BuiltPackage } from '../../../../package/build/build.ts';
import { MEDIA, type Medium } from '../../../../package/media/write.ts';
import { duration, wholeNumber } from '../../../arguments.ts';
import { addCommand } from '../../../program.ts';
import { addEncryptOptions, type EncryptOptions, encryptToOf } from '../../../secrets/package-encryption.ts';
import { CLOCK_IS_RIGHT, type SignOptions, signerBy } from '../../../secrets/signer.ts';
import { print, printStep, table } from '../../../terminal/print.ts';
import { progressLine } from '../../../terminal/progress.ts';
import { addContentOptions, type ContentOptions, contentRequest } from './package-contents.ts';
import { addPackageListCommand } from './package-list.ts';
import { addPlanCommand } from './package-plan.ts';

const DAY_MS = 86_400_000;

interface CreateOptions extends SignOptions, ContentOptions, EncryptOptions {
  directory: string;
  out: string;
  format: Medium;
  volumeSize?: number;
  mode: Mode;
  valid: number;
  notes?: string;
  minGeneration?: number;
  stats?: boolean;
}

export function addPackageCommands(program: Command): void {
  const packages = program.command('package').description('packages for users');

  const create = addCommand<CreateOptions>(
    packages,
    'create <name>',
    'build and sign a package',
    async (context, options, name = '') => {
      const { directory, out, mode, valid, notes, minGeneration, format, volumeSize: volumeBytes } = options;
      const { signal } = context;
      const line = progressLine(context);
      const wanted = {
        ...{ name, out: resolve(out), mode, validForMs: valid, ...contentRequest(options) },
        ...(notes === undefined ? {} : { notes }),
        ...(minGeneration === undefined ? {} : { minGeneration }),
        ...(await encryptToOf(options)),
        media: { format, ...(volumeBytes === undefined ? {} : { volumeBytes }) },
      };
      const built = await buildAndWrite(directory, wanted, {
        signer: signerBy(context, options),
        tell: (news) => {
          if (news.kind === 'packing') line.show(`packing ${news.vm}`, news.doneBytes, news.totalBytes);
        },
        signal,
      });
      for (const warning of built.warnings) printStep(context, `warning: ${warning}`);
      const parts = [
        ...built.machines.map(({ vm: machine, release }) => `${machine} release ${release}`),
        ...built.policies.map((name) => `policy of ${name}`),
      ];
      if (options.stats) printStep(context, statsText(built.released));
      const text = `built ${built.paths.join(' ')}: ${parts.join(', ')}, ${formatBytes(built.blobBytes)}`;
      print(context, built, text);
    },
  );
  addEncryptOptions(addContentOptions(create))
    .requiredOption('--out <dir>', 'the folder that receives the package’s own folder')
    .addOption(new Option('--format <format>', 'what users get').choices(MEDIA).default('folder'))
    .option('--volume-size <size>', 'several volumes of at most this size: 4.3G fits a DVD of 4.7 GB', volumeSize)
    .addOption(new Option('--mode <mode>', 'how hard to compress').choices(MODES).default('small'))
    .option(...CLOCK_IS_RIGHT)
    .option('--stats', 'say what became of the blocks of each new layer, and how long each stage took')
    .option('--notes <text>', 'what is new, shown to the user')
    .option('--min-generation <n>', 'from now on nothing older may be installed or rolled back to', wholeNumber)
    .addOption(
      new Option('--valid <duration>', 'how long it may be installed')
        .argParser(duration)
        .default(365 * DAY_MS, '365d'),
    );
  addPlanCommand(packages);
  addPackageListCommand(packages);
  addExportCommand(packages);
}

interface ExportOptions extends EncryptOptions {
  directory: string;
  out: string;
  format: Medium;
  volumeSize?: number;
  since?: number;
  withLazaret?: boolean;
}

function addExportCommand(packages: Command): void {
  const command = addCommand<ExportOptions>(
    packages,
    'export <name>',
    'write a published package once more',
    async (context, options, name = '') => {
      const { directory, out, format, volumeSize: volumeBytes, since } = options;
      const { signal } = context;
      const media = { format, ...(volumeBytes === undefined ? {} : { volumeBytes }), signal };
      const from = {
        ...(since === undefined ? {} : { since }),
        ...(options.withLazaret ? { withLazaret: true } : {}),
        ...(await encryptToOf(options)),
      };
      const { generation, paths } = await writeAgain(directory, { name, out: resolve(out), media, ...from });
      const text = `wrote ${paths.join(' ')}: package ${name}, generation ${generation}`;
      print(context, { package: name, generation, paths }, text);
    },
  );
  addEncryptOptions(command)
    .requiredOption('--out <dir>', 'the folder that receives the package’s own folder')
    .addOption(new Option('--format <format>', 'what users get').choices(MEDIA).default('folder'))
    .option('--volume-size <size>', 'several volumes of at most this size', volumeSize)
    .option('--with-lazaret', 'the Lazaret that the project hands out goes with it')
    .option('--since <release>', 'the release that the package was made with', wholeNumber);
}

function statsText(released: BuiltPackage['released']): string {
  if (released.length === 0) return 'no disk has changed: no new layer';
  const head = ['layer', 'same', 'moved', 'again', 'zero', 'new', 'layer file', 'packed', 'normalise', 'pack', 'index'];
  const rows = released.map(({ vm, release, blocks, layerBytes, blobBytes, milliseconds }) => [
    `${vm} ${release}`,
    ...[blocks.same, blocks.moved, blocks.again, blocks.zero, blocks.new].map((count) => `${count}`),
    ...[layerBytes, blobBytes].map(formatBytes),
    ...[milliseconds.normalise, milliseconds.describe, milliseconds.index].map((ms) => `${(ms / 1000).toFixed(2)} s`),
  ]);
  return table([head, ...rows]);
}

function volumeSize(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === undefined) throw new AppError('USAGE', `${text} is not a size: 700M, 4.3G`);
  return bytes;
}
