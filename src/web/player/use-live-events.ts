import { notifications } from '@mantine/notifications';
import { useCallback } from 'react';
import type { EventAnswer } from '../../api/event.ts';
import { LIVE_PATH } from '../../api/paths.ts';
import { useLive } from '../ui/live.ts';

/** What a user is told the moment it happens, in the service’s own words. */
const TOLD = new Set(['access', 'message', 'policy', 'unhealthy', 'expiration', 'failed']);

/** Follows what happens; a change of access is said once, here, also when the page is not in sight. */
export function useLiveEvents(): boolean {
  const tell = useCallback(({ kind, vm, text }: EventAnswer) => {
    if (!TOLD.has(kind)) return;
    notifications.show({ title: vm ?? 'Lazaret', message: text, autoClose: 8000 });
    if (document.hidden && 'Notification' in window && Notification.permission === 'granted')
      new Notification(vm ?? 'Lazaret', { body: text, tag: `${vm}-${kind}` });
  }, []);
  return useLive(LIVE_PATH, tell);
}
