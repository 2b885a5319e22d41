import { Button, Drawer, NavLink, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link } from 'react-router';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { frame } from '../texts/frame.ts';
import { wizard } from '../texts/wizard.ts';
import { titleOf } from './panel-title.ts';
import type { Outcome, Place, WizardState } from './wizard-state.ts';

interface Shown {
  vm: string;
  place: Place;
  state: WizardState;
  outcome: Outcome;
}

/** The panels as links, with how each of them stands; on a narrow screen a button that shows them. */
export function PanelLinks(shown: Shown) {
  const texts = useCatalogue(wizard);
  const frameTexts = useCatalogue(frame);
  const [isOpen, sheet] = useDisclosure(false);
  const { place, outcome } = shown;
  return (
    <>
      <Stack component="nav" aria-label={texts.panels} gap={0} visibleFrom="md">
        <Links {...shown} />
      </Stack>
      <Button variant="default" fullWidth hiddenFrom="md" onClick={sheet.open} aria-haspopup="dialog">
        {`${texts.panelOf(outcome.places.indexOf(place) + 1, outcome.places.length)} ▾`}
      </Button>
      <Drawer
        opened={isOpen}
        onClose={sheet.close}
        position="bottom"
        size="auto"
        title={texts.panels}
        closeButtonProps={{ 'aria-label': frameTexts.close }}
      >
        <Links {...shown} onGone={sheet.close} />
      </Drawer>
    </>
  );
}

function Links({ vm, place, state, outcome, onGone }: Shown & { onGone?: () => void }) {
  const texts = useCatalogue(wizard);
  return outcome.places.map((name) => {
    const isWrong = outcome.problems.some((problem) => problem.place === name);
    const isDone = !isWrong && name !== place && (state.visited.includes(name) || outcome.settled.includes(name));
    const isAtRisk = isWrong && state.visited.includes(name);
    return (
      <NavLink
        key={name}
        component={Link}
        to={`/machines/${vm}/quarantine/${name}`}
        {...(onGone ? { onClick: onGone } : {})}
        active={name === place}
        aria-current={name === place ? 'step' : undefined}
        label={titleOf(name, outcome, texts)}
        styles={{ root: { borderRadius: 'var(--mantine-radius-sm)' } }}
        rightSection={
          (isDone || isAtRisk) && (
            <Text
              span
              size="sm"
              {...(isAtRisk ? { c: 'red' } : {})}
              role="img"
              aria-label={isAtRisk ? texts.wantsAttention : texts.isDone}
            >
              {isAtRisk ? '!' : '✓'}
            </Text>
          )
        }
      />
    );
  });
}
