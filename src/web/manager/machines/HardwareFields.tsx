import { Group, NumberInput, Select, SimpleGrid } from '@mantine/core';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { machines } from '../texts/machines.ts';
import { type NewMachine, saysHardware } from './new-machine.ts';

interface HardwareFieldsProps {
  machine: NewMachine;
  onChange: (change: Partial<NewMachine>) => void;
}

/** The hardware around a new machine’s disk; what is not said is found out. */
export function HardwareFields({ machine, onChange }: HardwareFieldsProps) {
  const texts = useCatalogue(machines);
  const { memoryMiB, cpus, dataDiskGiB, os, firmware, tpm, secureBoot } = machine;
  return (
    <>
      <Group grow align="flex-end">
        <NumberInput
          disabled={saysHardware(machine)}
          label={texts.memory}
          value={memoryMiB}
          onChange={(value) => onChange({ memoryMiB: value })}
          {...{ min: 32, max: 1 << 20, step: 256, allowDecimal: false, suffix: ' MiB' }}
        />
        <NumberInput
          disabled={saysHardware(machine)}
          label={texts.cpus}
          value={cpus}
          onChange={(value) => onChange({ cpus: value })}
          {...{ min: 1, max: 64, allowDecimal: false }}
        />
      </Group>
      <NumberInput
        label={texts.dataDisk}
        description={texts.dataDiskHelp}
        value={dataDiskGiB}
        onChange={(value) => onChange({ dataDiskGiB: value })}
        {...{ min: 1, max: 1 << 14, allowDecimal: false, suffix: ' GiB' }}
      />
      <Select
        label={texts.system}
        description={texts.systemHelp}
        data={(['found', 'linux', 'windows', 'other'] as const).map((value) => ({
          value,
          label: texts.systems[value],
        }))}
        allowDeselect={false}
        value={os}
        onChange={(value) => onChange({ os: value as NewMachine['os'] })}
      />
      <Select
        label={texts.firmware}
        data={[
          { value: 'found', label: texts.firmwareFound },
          { value: 'bios', label: 'BIOS' },
          { value: 'uefi', label: 'UEFI' },
        ]}
        allowDeselect={false}
        value={firmware}
        onChange={(value) => onChange({ firmware: value as NewMachine['firmware'] })}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
        <Having label={texts.tpm} description={texts.tpmHelp} has={tpm} onHas={(has) => onChange({ tpm: has })} />
        <Having
          label={texts.secureBoot}
          description={texts.secureBootHelp}
          has={secureBoot}
          onHas={(has) => onChange({ secureBoot: has })}
        />
      </SimpleGrid>
    </>
  );
}

interface HavingProps {
  label: string;
  description: string;
  has: 'found' | boolean;
  onHas: (has: 'found' | boolean) => void;
}

/** Something that a machine has or has not, or has where its description says so. */
function Having({ label, description, has, onHas }: HavingProps) {
  const texts = useCatalogue(machines);
  return (
    <Select
      label={label}
      description={description}
      data={[
        { value: 'found', label: texts.hasFound },
        { value: 'true', label: texts.has },
        { value: 'false', label: texts.hasNot },
      ]}
      allowDeselect={false}
      value={`${has}`}
      onChange={(value) => onHas(value === 'found' ? 'found' : value === 'true')}
    />
  );
}
