import { Alert, Button, Code, Stack, Text } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { useCatalogue } from './texts/texts.ts';
import { ui } from './texts/texts-ui.ts';

interface BrokenState {
  error?: unknown;
}

/** Says so in words when a page cannot be drawn, or a part of it cannot be fetched; what was saved is with the process. */
export class WhenBroken extends Component<{ children: ReactNode }, BrokenState> {
  override state: BrokenState = {};

  static getDerivedStateFromError(error: unknown): BrokenState {
    return { error };
  }

  override render(): ReactNode {
    return 'error' in this.state ? <Broken error={this.state.error} /> : this.props.children;
  }
}

function Broken({ error }: { error: unknown }) {
  const { broken } = useCatalogue(ui);
  return (
    <Alert color="red" variant="light" title={broken.title} role="alert" m="md">
      <Stack align="start">
        <Text size="sm">{broken.help}</Text>
        <Code style={{ overflowWrap: 'anywhere' }}>{error instanceof Error ? error.message : String(error)}</Code>
        <Button size="compact-sm" variant="default" onClick={() => location.reload()}>
          {broken.reload}
        </Button>
      </Stack>
    </Alert>
  );
}
