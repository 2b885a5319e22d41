import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';

/** What was saved, and the way to where it is put in force. */
export function SavedText({ text, toDeploy }: { text: string; toDeploy: string }) {
  return (
    <Text size="sm" role="status">
      {text}.{' '}
      <Anchor component={Link} to="/deployments" size="sm" underline="always">
        {toDeploy}
      </Anchor>
    </Text>
  );
}
