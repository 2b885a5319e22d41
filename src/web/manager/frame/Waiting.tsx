import { Anchor, Group, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { ProjectAnswer } from '../../../api/manager/project.ts';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { frame } from '../texts/frame.ts';

/** What of the project nobody has deployed or released yet, on every page: to forget one of the two is the usual mistake. */
export function Waiting({ project }: { project: ProjectAnswer | undefined }) {
  const texts = useCatalogue(frame);
  if (!project) return null;
  const deploys = project.notDeployed.length;
  const releases = new Set(project.notReleased.map(({ vm }) => vm)).size;
  // Of what cannot be read nobody knows.
  const isDone = deploys === 0 && releases === 0 && project.problems.length === 0;
  return (
    <Group component="section" aria-label={texts.waiting} gap="lg" mb="md" justify="flex-end">
      {deploys > 0 && <Pending to="/deployments" text={texts.notDeployed(deploys)} />}
      {releases > 0 && <Pending to="/packages" text={texts.notReleased(releases)} />}
      {isDone && project.machines.length > 0 && (
        <Text size="sm" c="dimmed">
          <span aria-hidden>✓ </span>
          {texts.allDone}
        </Text>
      )}
    </Group>
  );
}

function Pending({ to, text }: { to: string; text: string }) {
  return (
    <Anchor component={Link} to={to} size="sm">
      <span aria-hidden>● </span>
      {text}
    </Anchor>
  );
}
