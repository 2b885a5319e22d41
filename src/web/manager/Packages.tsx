import { Button, Table, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { PackagesAnswer } from '../../api/manager/project.ts';
import { Loaded } from '../ui/Loaded.tsx';
import { momentText, useCatalogue, useLanguage } from '../ui/texts/texts.ts';
import { Nothing, Part, Section } from './frame/Part.tsx';
import { WaitingList } from './frame/WaitingList.tsx';
import { usePackages, useProject } from './process.ts';
import { frame } from './texts/frame.ts';
import { project } from './texts/project.ts';

/** The packages that were made, and what none of them has yet. */
export function Packages() {
  const frameTexts = useCatalogue(frame);
  const texts = useCatalogue(project);
  return (
    <Part title={frameTexts.packages} commands={[{ to: '/packages/new', text: texts.makePackage }]}>
      <Section title={texts.notReleasedTitle}>
        <Loaded query={useProject()} texts={frameTexts}>
          {({ notReleased }) => (
            <WaitingList
              waits={notReleased.map(({ vm, why }) => ({ vm, text: texts.notReleased[why] }))}
              none={texts.notReleasedNone}
            />
          )}
        </Loaded>
      </Section>
      <Section title={texts.packagesMade}>
        <Loaded query={usePackages()} texts={frameTexts}>
          {({ packages }) => <PackageTable packages={packages} />}
        </Loaded>
      </Section>
    </Part>
  );
}

function PackageTable({ packages }: PackagesAnswer) {
  const texts = useCatalogue(project);
  const language = useLanguage();
  if (packages.length === 0)
    return (
      <Nothing title={texts.noPackages} help={texts.noPackagesHelp}>
        <Button component={Link} to="/packages/new">
          {texts.makePackage}
        </Button>
      </Nothing>
    );
  return (
    <Table verticalSpacing="xs">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{texts.package}</Table.Th>
          <Table.Th>{texts.contents}</Table.Th>
          <Table.Th>{texts.created}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {packages.map(({ name, kind, generation, machines, policies, createdAt }) => (
          <Table.Tr key={generation}>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>
              {name}
              <Text size="xs" c="dimmed">
                {texts.kinds[kind]}
              </Text>
            </Table.Td>
            <Table.Td>
              {[
                ...machines.map(({ name: vm, release }) => texts.release(vm, release)),
                ...policies.map((vm) => texts.policyOf(vm)),
              ].join('; ')}
            </Table.Td>
            <Table.Td>
              <time dateTime={createdAt} title={createdAt}>
                {momentText(createdAt, language)}
              </time>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
