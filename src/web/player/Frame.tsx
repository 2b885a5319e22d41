import { Alert, AppShell, Container, Group, NavLink, Text, Title } from '@mantine/core';
import { Link, Outlet, useLocation } from 'react-router';
import { HostRules } from './install/HostRules.tsx';
import { useStatus } from './service.ts';
import { useTexts } from './texts/use-texts.ts';
import { useLiveEvents } from './use-live-events.ts';

/** What stands around all that is no machine’s screen: whose project it is, and the ways between the parts. */
export function Frame() {
  const texts = useTexts();
  const isConnected = useLiveEvents();
  const { data } = useStatus();
  const { pathname } = useLocation();
  const links = [
    { to: '/', label: texts.machines },
    { to: '/install', label: texts.install },
    { to: '/events', label: texts.events },
  ];
  return (
    <AppShell header={{ height: 56 }} padding="md">
      <AppShell.Header>
        <Group h="100%" px="md" gap="xs" wrap="nowrap" justify="space-between">
          <Title order={1} size="h4" lineClamp={1} visibleFrom="xs">
            {data?.project?.name ?? texts.title}
          </Title>
          <Group component="nav" gap={4} wrap="nowrap" miw={0} style={{ overflowX: 'auto' }}>
            {links.map(({ to, label }) => (
              <NavLink
                key={to}
                component={Link}
                to={to}
                active={pathname === to}
                aria-current={pathname === to ? 'page' : undefined}
                label={<Text size="sm">{label}</Text>}
                w="auto"
                px="xs"
                styles={{ root: { borderRadius: 'var(--mantine-radius-sm)' } }}
              />
            ))}
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Main>
        <Container size={1100} px={0}>
          {!isConnected && (
            <Alert color="yellow" mb="md" role="status">
              {texts.lost}
            </Alert>
          )}
          <HostRules host={data?.host} />
          <Outlet />
        </Container>
      </AppShell.Main>
    </AppShell>
  );
}
