import { Alert, AppShell, Burger, Container, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useIsMutating } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useEffect } from 'react';
import { Outlet, useLocation } from 'react-router';
import { LIVE_PATH } from '../../../api/paths.ts';
import { useLive } from '../../ui/live.ts';
import { useIsLong } from '../../ui/Pending.tsx';
import { useCatalogue } from '../../ui/texts/texts.ts';
import { ui } from '../../ui/texts/texts-ui.ts';
import { Ongoing } from '../tasks/Ongoing.tsx';
import { frame } from '../texts/frame.ts';
import { Rail } from './Rail.tsx';
import { Shortcuts } from './Shortcuts.tsx';
import { useFound } from './use-found.ts';
import { Waiting } from './Waiting.tsx';

/** Fetched where there is no project yet. */
const NewProject = lazy(() =>
  import('../new-project/NewProject.tsx').then((module) => ({ default: module.NewProject })),
);

/** What stands around every part: whose project it is, the parts at the left, and what is not deployed and released yet. */
export function Frame() {
  const texts = useCatalogue(frame);
  const [isOpen, rail] = useDisclosure(false);
  const isConnected = useLive(
    LIVE_PATH,
    useCallback(() => undefined, []),
  );
  const { data, missing } = useFound();
  const isNew = missing !== undefined;
  const { pathname } = useLocation();
  const uiTexts = useCatalogue(ui);
  const isSlowToSave = useIsLong(useIsMutating() > 0);
  const name = data?.identity?.name ?? texts.title;
  const { close } = rail;
  // biome-ignore lint/correctness/useExhaustiveDependencies: on a phone the rail goes whenever one has gone somewhere
  useEffect(close, [pathname, close]);
  useEffect(() => {
    document.title = `${name} – Lazaret`;
  }, [name]);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 240, breakpoint: 'sm', collapsed: { mobile: !isOpen || isNew, desktop: isNew } }}
      padding="md"
    >
      <AppShell.Header>
        <Group h="100%" px="md" gap="sm" wrap="nowrap">
          {!isNew && (
            <Burger
              opened={isOpen}
              onClick={rail.toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={texts.menu}
              aria-expanded={isOpen}
            />
          )}
          <Text fw={600} truncate title={name}>
            {name}
          </Text>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={texts.menu} style={{ overflowY: 'auto' }}>
        {!isNew && <Rail project={data} />}
      </AppShell.Navbar>
      <AppShell.Main>
        <Container size={1100} px={0}>
          {!isConnected && (
            <Alert color="yellow" mb="md" role="status">
              {texts.lost}
            </Alert>
          )}
          {isSlowToSave && (
            <Alert color="yellow" mb="md" role="status">
              {uiTexts.slowSave}
            </Alert>
          )}
          <Waiting project={data} />
          <Ongoing />
          {isNew ? (
            <Suspense fallback={null}>
              <NewProject missing={missing} />
            </Suspense>
          ) : (
            <Outlet />
          )}
        </Container>
      </AppShell.Main>
      <Shortcuts project={data} />
    </AppShell>
  );
}
