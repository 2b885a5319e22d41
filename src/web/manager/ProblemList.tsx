import { Anchor, Code, Group, List, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { ProblemAnswer } from '../../api/manager/project.ts';
import { OwnWords } from '../ui/OwnWords.tsx';
import { useSaid } from '../ui/texts/said.ts';
import { Words } from '../ui/Words.tsx';

/** What is wrong, each with its remedy, its code, and the way to where it is. */
export function ProblemList({ problems }: { problems: readonly ProblemAnswer[] }) {
  const said = useSaid();
  return (
    <List listStyleType="none" spacing="md">
      {problems.map(({ code, reason, remedy, vm, file }) => (
        <List.Item key={`${code} ${reason}`} styles={{ itemWrapper: { display: 'block' } }}>
          <Text style={{ overflowWrap: 'anywhere' }}>
            <span aria-hidden>▬ </span>
            {said.failure({ code, reason }).text}
          </Text>
          <OwnWords {...said.failure({ code, reason })} />
          <Text size="sm">
            <Words text={said.remedy({ code, remedy })} />
          </Text>
          <Group gap="xs" mt={2}>
            <Code>{code}</Code>
            {vm !== undefined && (
              <Anchor component={Link} to={placeOf(vm, file)} size="sm">
                {vm}
              </Anchor>
            )}
          </Group>
        </List.Item>
      ))}
    </List>
  );
}

/** Where a problem of a machine is mended: in the policy editor, where its file has a field that is wrong. */
function placeOf(vm: string, file: string | undefined): string {
  return file?.endsWith('/policy.yaml') ? `/machines/${vm}/policy` : `/machines/${vm}`;
}
