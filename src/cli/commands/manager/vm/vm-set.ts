import { type Command, Option } from 'commander';
import { changeMachine } from '../../../../manager/machines/change-machine.ts';
import type { HardwareChange } from '../../../../manager/machines/machines.ts';
import {
  Clock,
  GuestSystem,
  HardwareKind,
  type Kinds,
  kindsOf,
  ProcessorKind,
} from '../../../../project/hardware-kind.ts';
import type { VmFile } from '../../../../project/schema.ts';
import { mebibytes, memory, wholeNumber } from '../../../arguments.ts';
import { addCommand } from '../../../program.ts';
import { print } from '../../../terminal/print.ts';

/** What runs in a machine, and what it is made of. */
export type KindOptions = Pick<VmFile, 'os' | 'hardware' | 'clock' | 'processor' | 'tpm' | 'secureBoot'>;

interface SetOptions extends KindOptions {
  directory: string;
  memory?: number;
  cpus?: number;
  dataDisk?: number;
  firmware?: 'bios' | 'uefi';
  append?: string;
  cloudInit?: string | false;
}

/** `vm set`: a machine’s hardware; what is not named stays as it is. */
export function addVmSetCommand(vm: Command): void {
  const set = addCommand<SetOptions>(
    vm,
    'set <name>',
    'change a machine’s hardware; users get it with the next package that has the machine',
    async (context, { cloudInit, ...options }, name = '') => {
      const seed = cloudInit === undefined ? {} : { cloudInit };
      const file = await changeMachine(options.directory, name, { hardware: changeBy(options), ...seed });
      const { memoryMiB, cpus, firmware, dataDiskMiB } = file;
      const data = dataDiskMiB === undefined ? '' : `, data disk of ${dataDiskMiB} MiB`;
      print(
        context,
        { vm: name, ...file, ...(cloudInit === undefined ? {} : { hasSeed: cloudInit !== false }) },
        `${name}: ${memoryMiB} MiB, ${cpus} cpu, ${firmware}, ${kindsText(file)}${data}${seedChangeText(name, cloudInit)}`,
      );
    },
  )
    .option('--memory <size>', 'memory such as 2G; a bare number counts MiB', memory)
    .option('--cpus <n>', 'processors', wholeNumber)
    .option('--data-disk <size>', 'add a data disk such as 4G', mebibytes)
    .addOption(new Option('--firmware <kind>', 'how it starts').choices(['bios', 'uefi']))
    .option('--append <text>', 'the command line of its kernel, where it starts one directly')
    .option('--cloud-init <file>', 'what its cloud-init sets up when it is next powered on; guest tools too')
    .option('--no-cloud-init', 'no file for that, where one still waits');
  addKindOptions(set);
}

/** The options that say what runs in a machine, and what it is made of. */
export function addKindOptions(command: Command): void {
  const options: [flag: string, what: string, choices: readonly string[]][] = [
    ['--os <kind>', 'what runs in it; picks the two below', GuestSystem.options],
    ['--hardware <kind>', 'virtio: fast, needs drivers; compatible: every system knows it', HardwareKind.options],
    ['--clock <kind>', 'what its hardware clock tells', Clock.options],
    [
      '--processor <kind>',
      'host: all that the computer’s can do; else a level, the same everywhere',
      ProcessorKind.options,
    ],
  ];
  for (const [flag, what, choices] of options) command.addOption(new Option(flag, what).choices(choices));
  command
    .option('--tpm', 'it has a TPM 2.0, a new one wherever it is installed')
    .option('--no-tpm', 'it has none')
    .option('--secure-boot', 'with UEFI: it starts only what is signed by Microsoft’s keys')
    .option('--no-secure-boot', 'it starts everything');
}

/** Those of them that were given. */
export function kindsGiven({ os, hardware, clock, processor, tpm, secureBoot }: KindOptions): KindOptions {
  return {
    ...(os === undefined ? {} : { os }),
    ...(hardware === undefined ? {} : { hardware }),
    ...(clock === undefined ? {} : { clock }),
    ...(processor === undefined ? {} : { processor }),
    ...(tpm === undefined ? {} : { tpm }),
    ...(secureBoot === undefined ? {} : { secureBoot }),
  };
}

const HARDWARE: Record<Kinds['hardware'], string> = { virtio: 'virtio', compatible: 'compatible hardware' };
const CLOCK: Record<Kinds['clock'], string> = { utc: '', localtime: ', clock in local time' };

/** What a seed does that a machine got or lost. */
function seedChangeText(name: string, cloudInit: SetOptions['cloudInit']): string {
  if (cloudInit === undefined) return '';
  if (cloudInit === false) return '; its next power-on sets nothing up';
  return `; \`lazaret-manager power-on ${name}\` sets it up, as a new machine also where cloud-init has set it up before`;
}

/** What a machine is made of, in words. */
export function kindsText(file: KindOptions): string {
  const { hardware, clock, processor } = kindsOf(file);
  const more = [
    ...(processor === 'host' ? [] : [`processor ${processor}`]),
    ...(file.tpm ? ['TPM 2.0'] : []),
    ...(file.secureBoot ? ['Secure Boot'] : []),
  ];
  return `${HARDWARE[hardware]}${CLOCK[clock]}${more.map((each) => `, ${each}`).join('')}`;
}

function changeBy({ memory: memoryMiB, cpus, dataDisk, firmware, append, ...kinds }: SetOptions): HardwareChange {
  return {
    ...kindsGiven(kinds),
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(dataDisk === undefined ? {} : { dataDiskMiB: dataDisk }),
    ...(firmware === undefined ? {} : { firmware }),
    ...(append === undefined ? {} : { append }),
  };
}
