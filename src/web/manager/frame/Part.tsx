import { Box, Card, Grid, NavLink, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { frame } from '../texts/frame.ts';

/** Something that can be done, by going where it is done. */
export interface Command {
  to: string;
  text: string;
}

/** A part of the project: its name, what it has, and at the right what can be done there. */
export function Part({
  title,
  commands = [],
  choice,
  children,
}: {
  title: string;
  commands?: readonly Command[];
  /** What the first of the commands are about, where that is to be chosen. */
  choice?: ReactNode;
  children: ReactNode;
}) {
  return (
    <>
      <Title order={1} size="h3" mb="md" style={{ overflowWrap: 'anywhere' }}>
        {title}
      </Title>
      {commands.length === 0 ? (
        children
      ) : (
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, md: 8 }}>{children}</Grid.Col>
          <Grid.Col span={{ base: 12, md: 4 }}>
            <Commands commands={commands} choice={choice} />
          </Grid.Col>
        </Grid>
      )}
    </>
  );
}

function Commands({ commands, choice }: { commands: readonly Command[]; choice: ReactNode }) {
  const texts = useCatalogue(frame);
  return (
    <Card withBorder component="section" aria-label={texts.commands} padding="sm">
      <Title order={2} size="h5" px="sm" pb={4}>
        {texts.commands}
      </Title>
      {choice}
      {commands.map(({ to, text }) => (
        <NavLink key={text} component={Link} to={to} label={text} c="var(--mantine-color-anchor)" />
      ))}
    </Card>
  );
}

/** A section of a part. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Stack component="section" aria-label={title} gap="xs" mb="lg">
      <Title order={2} size="h5">
        {title}
      </Title>
      {children}
    </Stack>
  );
}

/** What stands where there is nothing yet: what it would be for, and the way to begin. */
export function Nothing({ title, help, children }: { title: string; help: string; children?: ReactNode }) {
  return (
    <Box>
      <Text fw={600}>{title}</Text>
      <Text mb="xs">{help}</Text>
      {children}
    </Box>
  );
}
