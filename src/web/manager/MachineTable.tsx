import { Anchor, Button, Table, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { MachineRow, ProjectAnswer } from '../../api/manager/project.ts';
import { StateBadge } from '../ui/StateBadge.tsx';
import { useCatalogue } from '../ui/texts/texts.ts';
import { Nothing } from './frame/Part.tsx';
import { project as catalogue } from './texts/project.ts';

/** The machines of the project, and which of them wait for a deploy or a package. */
export function MachineTable({ project, filter = '' }: { project: ProjectAnswer; filter?: string }) {
  const texts = useCatalogue(catalogue);
  const shown = project.machines.filter(({ name }) => name.includes(filter.trim().toLowerCase()));
  if (project.machines.length === 0)
    return (
      <Nothing title={texts.noMachines} help={texts.noMachinesHelp}>
        <Button component={Link} to="/add-machine">
          {texts.addMachine}
        </Button>
      </Nothing>
    );
  if (shown.length === 0) return <Text>{texts.nothingLike}</Text>;
  return (
    <Table verticalSpacing="xs">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={{ base: 110, sm: '40%' }}>{texts.machine}</Table.Th>
          <Table.Th>{texts.quarantine}</Table.Th>
          <Table.Th visibleFrom="sm">{texts.ownCopy}</Table.Th>
          <Table.Th>{texts.waiting}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {shown.map((machine) => (
          <Row key={machine.name} machine={machine} project={project} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Row({ machine: { name, sound }, project }: { machine: MachineRow; project: ProjectAnswer }) {
  const texts = useCatalogue(catalogue);
  const isOf = ({ vm }: { vm: string }) => vm === name;
  const waits = [
    ...(project.notDeployed.some(isOf) ? [texts.waitsDeploy] : []),
    ...(project.notReleased.some(isOf) ? [texts.waitsRelease] : []),
  ];
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor component={Link} to={`/machines/${name}`} size="sm" style={{ overflowWrap: 'anywhere' }}>
          {name}
        </Anchor>
      </Table.Td>
      {sound ? (
        <>
          <Table.Td>{texts.types[sound.type]}</Table.Td>
          <Table.Td visibleFrom="sm" style={{ overflowWrap: 'anywhere' }}>
            {sound.version ?? '–'}
          </Table.Td>
          <Table.Td>{waits.length === 0 ? texts.waitsNothing : waits.join(', ')}</Table.Td>
        </>
      ) : (
        <Table.Td colSpan={3}>
          <Anchor component={Link} to="/problems" underline="never">
            <StateBadge kind="refused" word={texts.damaged} />
          </Anchor>
        </Table.Td>
      )}
    </Table.Tr>
  );
}
