import type { Command } from 'commander';
import { formatBytes } from '../../../lib/bytes.ts';
import { listMachines, type MachineSummary, machineNamed } from '../../../manager/machines/machines.ts';
import { print, table } from '../../print.ts';
import { addCommand } from '../../program.ts';

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
function rowsOf(machine: MachineSummary): [string, string][] {
  const { vm, memoryMiB, cpus, firmware, secureBoot, dataDiskMiB, devices = {}, descriptor } = machine;
  const kinds = Object.entries({
    'guest system': machine.os,
    hardware: machine.hardware,
    clock: machine.clock,
    processor: machine.processor,
  });
  const set = kinds.flatMap(([what, kind]): [string, string][] => (kind === undefined ? [] : [[what, kind]]));
  const named = Object.entries(devices).map(([name, { kind }]) => (name === kind ? name : `${name} (${kind})`));
  return [
    ['machine', vm],
    ['memory', `${memoryMiB} MiB`],
    ['processors', `${cpus}`],
    ['firmware', secureBoot ? `${firmware}, with Secure Boot` : firmware],
    ...set,
    ...(machine.tpm ? [['TPM', '2.0'] as [string, string]] : []),
    ...(dataDiskMiB === undefined ? [] : [['data disk', formatBytes(dataDiskMiB * MIB)] as [string, string]]),
    ...(named.length === 0 ? [] : [['devices', named.join(', ')] as [string, string]]),
    [
      'policies',
      Object.keys(machine.policy)
        .filter((section) => section !== 'format')
        .join(', '),
    ],
    ['quarantine', machine.policy.quarantine.type],
    ...(descriptor === undefined ? [] : [['version', descriptor] as [string, string]]),
    ...(machine.isSuspended ? [['state', 'suspended: its next start goes on where it was'] as [string, string]] : []),
  ];
}
