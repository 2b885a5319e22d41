import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { EventAnswer } from '../../api/event.ts';
import { LIVE_PATH } from '../../api/paths.ts';
import { useLive } from '../ui/live.ts';
import { useSaid } from '../ui/texts/said.ts';
import { useLanguage } from '../ui/texts/texts.ts';
import { listEvent } from './service.ts';
import { eventText } from './texts/event-text.ts';

/** What a user is told the moment it happens. */
const TOLD = new Set(['access', 'message', 'policy', 'unhealthy', 'expiration', 'failed']);

/** Follows what happens; a change of access is said once, here, also when the page is not in sight. */
export function useLiveEvents(): boolean {
  const language = useLanguage();
  const said = useSaid();
  const queries = useQueryClient();
  const tell = useCallback(
    (event: EventAnswer) => {
      listEvent(queries, event);
      const { kind, vm } = event;
      if (!TOLD.has(kind)) return;
      const { text, words } = eventText(event, { language, said });
      notifications.show({
        title: vm ?? 'Lazaret',
        message: words === undefined ? text : `${text}: ${words}`,
        autoClose: 8000,
      });
      if (document.hidden) tellOutside(vm ?? 'Lazaret', text, `${vm}-${kind}`);
    },
    [language, said, queries],
  );
  return useLive(LIVE_PATH, tell);
}

/** Tells outside of the page, where its user has allowed that; of the same `tag` the newest is shown. */
function tellOutside(title: string, body: string, tag: string): void {
  if (!('Notification' in window) || Notification.permission !== 'granted') return;
  try {
    new Notification(title, { body, tag });
  } catch {
    // Browsers of phones have it and throw (the Notifications API: “illegal constructor”). The page itself has told it.
  }
}
