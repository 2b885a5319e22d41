import { resolve } from 'node:path';
import { formatBytes } from '../../../../lib/bytes.ts';
import { AppError } from '../../../../lib/errors.ts';
import { addForeign, type ForeignChange, seedOf } from '../../../../manager/machines/machines.ts';
import { type ForeignMachine, readForeign } from '../../../../project/foreign/read-foreign.ts';
import type { DiskFormat } from '../../../../project/image/known.ts';
import type { TellCopied } from '../../../../project/image/tell-copied.ts';
import type { VmFile } from '../../../../project/schema.ts';
import { USUAL_SIZE } from '../../../../project/schema.ts';
import type { Context } from '../../../program.ts';
import { print, printStep } from '../../../terminal/print.ts';
import { progressLine } from '../../../terminal/progress.ts';
import { type KindOptions, kindsGiven, kindsText } from './vm-set.ts';

export const HOW_IT_STARTS = {
  bios: 'starts by BIOS',
  uefi: 'starts by UEFI',
  direct: 'starts its kernel without firmware',
} as const;

interface FromOptions extends KindOptions {
  directory: string;
  disk?: string;
  diskFormat?: DiskFormat;
  cloudInit?: string;
  dryRun?: boolean;
  memory?: number;
  cpus?: number;
  dataDisk?: number;
  firmware?: VmFile['firmware'];
  kernel?: string;
}

/** Adds a machine of another program, after it has said what of it is not taken over. */
export async function addFrom(
  context: Context,
  options: FromOptions,
  { name, from }: { name: string; from: string },
): Promise<void> {
  if (options.kernel !== undefined || options.firmware === 'direct')
    throw new AppError('USAGE', 'a machine of another program starts by its firmware: --kernel goes with --disk');
  const seed = await seedOf(name, options.cloudInit);
  const { disk, diskFormat } = options;
  const machine = await readForeign(resolve(from), { disk, diskFormat, signal: context.signal });
  const change = changeOf(options);
  if (options.dryRun) {
    const { disk: taken, notes, ...hardware } = { ...machine, ...change };
    print(context, { ...hardware, disk: taken.name, notes }, planText(machine, change));
    return;
  }
  for (const { text } of machine.notes) printStep(context, `${name}: ${text}`);
  const { hardware, ...added } = await addForeign(options.directory, name, machine, {
    ...{ change, onBytes: copyLine(context)(name), ...seed, signal: context.signal },
  });
  for (const warning of added.warnings) printStep(context, `warning: ${name}: ${warning}`);
  const said = { vm: name, ...hardware, ...added, notes: machine.notes };
  print(context, said, `added ${name}, which ${HOW_IT_STARTS[added.firmware]}${seedText(name, options.cloudInit)}`);
}

/** Shows how far the disks of machines are that are copied into the project. */
export function copyLine(context: Context): (name: string) => TellCopied {
  const line = progressLine(context);
  return (name) => {
    const what = { prepare: `putting together the disk of ${name}`, copy: `copying ${name}` };
    return (done, total, step) => line.show(what[step], done, total);
  };
}

/** What is to be done with a machine that has a seed. */
export function seedText(name: string, cloudInit: string | undefined): string {
  return cloudInit === undefined ? '' : `; \`lazaret-manager power-on ${name}\` sets it up`;
}

function changeOf({ memory, cpus, dataDisk, firmware, ...kinds }: FromOptions): ForeignChange {
  return {
    ...kindsGiven(kinds),
    ...(memory === undefined ? {} : { memoryMiB: memory }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(dataDisk === undefined ? {} : { dataDiskMiB: dataDisk }),
    ...(firmware === undefined ? {} : { firmware }),
  };
}

function planText(machine: ForeignMachine, change: ForeignChange): string {
  const file = { ...USUAL_SIZE, ...machine, ...change };
  const { memoryMiB, cpus, firmware } = file;
  const starts = firmware === undefined ? 'starts as its partitions say' : HOW_IT_STARTS[firmware];
  const hardware = `${formatBytes(memoryMiB * 2 ** 20)} of memory, ${cpus} cpu, ${kindsText(file)}, ${starts}`;
  const notes = machine.notes.map(({ text }) => `  - ${text}`);
  return [
    `disk      ${machine.disk.name}`,
    `hardware  ${hardware}`,
    ...(notes.length > 0 ? ['and:', ...notes] : []),
  ].join('\n');
}
