import type { Command } from 'commander';
import { formatBytes } from '../../../../lib/bytes.ts';
import { listMachines, type MachineSummary, machineNamed } from '../../../../manager/machines/machines.ts';
import { addCommand } from '../../../program.ts';
import { print, table } from '../../../terminal/print.ts';

interface Located {
  directory: string;
}

const MIB = 1 << 20;

export function addVmShowCommands(vm: Command): void {
  addCommand<Located>(vm, 'list', 'list the machines', async (context, { directory }) => {
    const machines = await listMachines(directory);
    const rows = machines.map((machine) => [
      machine.vm,
      `${machine.memoryMiB} MiB`,
      `${machine.cpus} cpu`,
      machine.firmware,
      machine.policy.quarantine.type,
      machine.isSuspended ? 'suspended' : '',
    ]);
    print(context, machines, rows.length > 0 ? table(rows) : 'the project has no machine yet');
  });

  addCommand<Located>(vm, 'show <name>', 'show a machine', async (context, { directory }, name = '') => {
    const found = await machineNamed(directory, name);
    print(context, found, table(rowsOf(found)));
  });
}

/** What is set, a line each; what is not is as ever, and not spoken of. */
function rowsOf(machine: MachineSummary): [what: string, is: string][] {
  const { firmware, dataDiskMiB, devices = {}, policy } = machine;
  const named = Object.entries(devices).map(([name, { kind }]) => (name === kind ? name : `${name} (${kind})`));
  const facts: Record<string, string | undefined> = {
    machine: machine.vm,
    memory: `${machine.memoryMiB} MiB`,
    processors: `${machine.cpus}`,
    firmware: machine.secureBoot ? `${firmware}, with Secure Boot` : firmware,
    'guest system': machine.os,
    hardware: machine.hardware,
    clock: machine.clock,
    processor: machine.processor,
    TPM: machine.tpm ? '2.0' : undefined,
    'data disk': dataDiskMiB === undefined ? undefined : formatBytes(dataDiskMiB * MIB),
    devices: named.length === 0 ? undefined : named.join(', '),
    policies: Object.keys(policy)
      .filter((section) => section !== 'format')
      .join(', '),
    quarantine: policy.quarantine.type,
    version: machine.descriptor,
    state: machine.isSuspended ? 'suspended: its next start goes on where it was' : undefined,
  };
  return Object.entries(facts).flatMap(([what, is]): [string, string][] => (is === undefined ? [] : [[what, is]]));
}
