import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import { Alert, type CSSVariablesResolver, createTheme, MantineProvider, Menu, Notification } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Speaker } from '../../lib/own-command.ts';
import { AskFailure } from './ask.ts';
import { WhenBroken } from './Broken.tsx';
import { GermanContext } from './texts/said.ts';
import { type Language, LanguageContext, languageOf } from './texts/texts.ts';
import { ui } from './texts/texts-ui.ts';

/**
 * Mantine’s notifications are paler than its dimmed text, what closes them has no name, and the titles of yellow alerts cannot be read on
 * their light background (WCAG 2.2 AA, 1.4.3 and 4.1.2). A menu is as wide as its longest item, and a phone is not.
 */
function themeIn(language: Language) {
  return createTheme({
    primaryShade: 8,
    cursorType: 'pointer',
    respectReducedMotion: true,
    components: {
      Alert: Alert.extend({
        styles: (_theme, { color }) => (color === 'yellow' ? { label: { color: 'var(--mantine-color-text)' } } : {}),
      }),
      Menu: Menu.extend({ styles: { dropdown: { maxWidth: 'calc(100vw - 10px)' } } }),
      Notification: Notification.extend({
        defaultProps: { closeButtonProps: { 'aria-label': ui[language].close } },
        styles: { description: { color: 'var(--mantine-color-dimmed)' } },
      }),
    },
  });
}

/** Mantine’s dimmed text and its placeholders are too pale for small print: 4.5:1 is wanted on both backgrounds (WCAG 2.2 AA, 1.4.3). */
const colours: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': 'var(--mantine-color-gray-7)',
    '--mantine-color-placeholder': 'var(--mantine-color-gray-7)',
    '--mantine-color-anchor': 'var(--mantine-color-blue-9)',
  },
  dark: {
    '--mantine-color-dimmed': 'var(--mantine-color-dark-1)',
    '--mantine-color-placeholder': 'var(--mantine-color-dark-1)',
    '--mantine-color-anchor': 'var(--mantine-color-blue-4)',
  },
});

const queries = new QueryClient({
  defaultOptions: {
    // A refusal stays one however often it is asked for; a service that is being restarted comes back.
    queries: {
      retry: (count, error) => !(error instanceof AskFailure) && count < 3,
      refetchOnWindowFocus: true,
      // The process is on this computer: it answers without a network too.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

/** Puts a program’s page into its document: theme, language, what it asks, and notifications. */
export async function showPage(content: ReactNode, speaker: Speaker): Promise<void> {
  const root = document.getElementById('root');
  if (!root) throw new Error('there is no root in the document');
  const language = languageOf(navigator.languages);
  document.documentElement.lang = language;
  // Without them the page still says all, in the process’s own words.
  const german = language === 'de' ? await import('./texts/german.ts').catch(() => undefined) : undefined;
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={themeIn(language)} cssVariablesResolver={colours} defaultColorScheme="auto">
        <QueryClientProvider client={queries}>
          <LanguageContext value={language}>
            <GermanContext value={german && { ...german.GERMAN, speaker }}>
              {/* Not over the bar: what it says and offers is wanted when access changes. */}
              <Notifications position="bottom-right" />
              <WhenBroken>{content}</WhenBroken>
            </GermanContext>
          </LanguageContext>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
