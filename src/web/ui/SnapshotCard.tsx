import { Badge, Button, Card, Group, Stack, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { momentText, useLanguage } from './texts/texts.ts';

export type SnapshotChange = 'revert' | 'remove';

interface SnapshotCardProps {
  snapshot: {
    name: string;
    description?: string;
    /** ISO time. */
    takenAt: string;
    withMemory?: boolean;
    isPresent?: boolean;
  };
  texts: Record<'present' | 'withMemory' | 'cancel' | SnapshotChange, string>;
  /** What is lost by it, a line each. */
  loss: Record<SnapshotChange, readonly string[]>;
  isPending: boolean;
  /** Why nobody can go back to it. */
  unusable?: ReactNode;
  failure: ReactNode;
  /** `done` is told once it was done. */
  onChange: (how: SnapshotChange, done: () => void) => void;
}

/** A state of a machine that is kept: to go back to it, or to remove it; what would be lost is said first. */
export function SnapshotCard({ snapshot, texts, loss, isPending, unusable, failure, onChange }: SnapshotCardProps) {
  const { name, description, takenAt, withMemory, isPresent } = snapshot;
  const language = useLanguage();
  const [asked, setAsked] = useState<SnapshotChange>();
  return (
    <Card withBorder padding="sm" component="section" aria-label={name}>
      <Stack gap={4}>
        <Group justify="space-between">
          <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
            {name}
          </Text>
          <Text size="sm" c="dimmed">
            {momentText(takenAt, language)}
          </Text>
        </Group>
        {isPresent && (
          <Badge color="blue.9" tt="none" radius="sm">
            {texts.present}
          </Badge>
        )}
        {withMemory && <Text size="sm">{texts.withMemory}</Text>}
        {description && (
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {description}
          </Text>
        )}
        {unusable}
        {failure}
        {asked === undefined ? (
          <Group gap={6}>
            <Button
              size="compact-sm"
              variant="default"
              disabled={unusable !== undefined}
              onClick={() => setAsked('revert')}
            >
              {texts.revert} …
            </Button>
            <Button size="compact-sm" variant="default" onClick={() => setAsked('remove')}>
              {texts.remove} …
            </Button>
          </Group>
        ) : (
          <Stack gap="xs">
            {loss[asked].map((line) => (
              <Text key={line}>{line}</Text>
            ))}
            <Group>
              <Button
                size="compact-sm"
                color="red"
                loading={isPending}
                onClick={() => onChange(asked, () => setAsked(undefined))}
              >
                {texts[asked]}
              </Button>
              <Button size="compact-sm" variant="default" onClick={() => setAsked(undefined)}>
                {texts.cancel}
              </Button>
            </Group>
          </Stack>
        )}
      </Stack>
    </Card>
  );
}
