import { resolve } from 'node:path';
import type { Command } from 'commander';
import { formatBytes } from '../../../lib/bytes.ts';
import { AppError } from '../../../lib/errors.ts';
import { asJson } from '../../../lib/json.ts';
import { importAce } from '../../../manager/import-ace.ts';
import { requireRoom } from '../../../manager/make-whole.ts';
import type { AceNote } from '../../../project/ace/notes.ts';
import { type AceMachine, type AceProject, readAce } from '../../../project/ace/read-ace.ts';
import { USUAL_SIZE } from '../../../project/schema.ts';
import { hostPolicyText } from '../../../quarantine/host-policy-text.ts';
import { systemClock } from '../../../sys/clock.ts';
import { addCommand } from '../../program.ts';
import { type PassphraseOptions, readPassphrase } from '../../secrets/passphrase.ts';
import { isAgreed } from '../../terminal/confirm.ts';
import { print, printStep } from '../../terminal/print.ts';
import { copyLine } from './vm/vm-from.ts';

interface ImportOptions extends PassphraseOptions {
  directory: string;
  name?: string;
  policyServer?: string;
  packageServer?: string;
  dryRun?: boolean;
  yes?: boolean;
}

export function addImportAceCommand(program: Command): void {
  addCommand<ImportOptions>(
    program,
    'import-ace <project.vmprj>',
    'make a project of one of VMware ACE, in the empty folder that -C names',
    async (context, options, file = '') => {
      const { signal } = context;
      const read = await readAce(resolve(file), signal);
      const ace = { ...read, name: options.name ?? read.name };
      if (options.dryRun) return print(context, planOf(ace), planText(ace));
      await requireRoom(resolve(options.directory));
      printStep(context, planText(ace));
      const question = `What is not carried over is named above. Make the project ${ace.name}?`;
      if (options.yes !== true && !(await isAgreed(context, question)))
        throw new AppError('IMPORT_CONFIRM', 'what of the project is not carried over has to be seen first');
      const passphrase = await readPassphrase(options, true);
      const { policyServer, packageServer, directory } = options;
      const toldOf = copyLine(context);
      const { machines, ...identity } = await importAce(resolve(directory), ace, {
        ...{ passphrase, now: systemClock(), signal },
        ...(policyServer === undefined ? {} : { policyServer }),
        ...(packageServer === undefined ? {} : { packageServer }),
        onBytes: (vm, ...told) => toldOf(vm)(...told),
      });
      for (const { vm, warnings } of machines)
        for (const warning of warnings) printStep(context, `warning: ${vm}: ${warning}`);
      const text = `made the project ${ace.name} in ${directory}\nfingerprint ${identity.fingerprint}\nkeep a copy of its folder keys in a safe place`;
      print(context, { folder: resolve(directory), ...identity, ...planOf(ace) }, text);
    },
  )
    .option('--name <name>', 'the project’s name, shown to users; without it, that of the file')
    .option('--policy-server <url>', 'where computers will look policies up: the address of published/policies')
    .option('--package-server <url>', 'where `lazaret update` will fetch packages: the address of published/packages')
    .option('--dry-run', 'say what becomes of the project and what is not carried over, and make nothing')
    .option('--yes', 'make it without a question');
}

function planOf({ name, host, machines, notes }: AceProject) {
  return {
    name,
    ...(host ? { host } : {}),
    notes,
    machines: machines.map(({ name: vm, machine, quarantine, notes: own }) => {
      const { disk, notes: ofHardware, kind: _kind, ...hardware } = machine;
      return { vm, disk: disk.name, ...hardware, quarantine, notes: [...own, ...ofHardware] };
    }),
  };
}

function planText({ name, host, machines, notes }: AceProject): string {
  return [
    `project ${name}, with ${machines.length} ${machines.length === 1 ? 'machine' : 'machines'}`,
    ...noteLines(notes),
    ...machines.flatMap((machine) => [machineText(machine), ...machineNotes(machine)]),
    ...(host ? ['rules for users’ computers themselves:', ...hostPolicyText(asJson(host)).split('\n')] : []),
  ].join('\n');
}

function machineText({ name, machine, quarantine }: AceMachine): string {
  const { memoryMiB, cpus, disk } = { ...USUAL_SIZE, ...machine };
  const size = `${formatBytes(memoryMiB * 2 ** 20)} of memory, ${cpus} cpu`;
  return `machine ${name}: ${size}, quarantine ${quarantine.type}, disk ${disk.name}`;
}

function machineNotes({ machine, notes }: AceMachine): string[] {
  return [...noteLines(notes), ...machine.notes.map(({ text }) => `  - ${text}`)];
}

/** First what is less restricted than it was: that must not be overlooked. */
function noteLines(notes: readonly AceNote[]): string[] {
  const line = ({ text, file, line: number, isWeaker }: AceNote) => {
    const where = file === undefined ? '' : `${file}${number === undefined ? '' : `, line ${number}`}: `;
    return `  ${isWeaker ? '! ' : '- '}${where}${text}`;
  };
  return notes.toSorted((a, b) => Number(b.isWeaker) - Number(a.isWeaker)).map(line);
}
