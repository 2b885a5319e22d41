import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { EventAnswer } from '../../api/event.ts';

const AGAIN_MS = 1000;

/**
 * Follows the process’s events as long as the page is open. Whatever happened may have changed whatever is shown: all of it
 * is asked for again. A lost connection is taken up again; false is given meanwhile.
 */
export function useLive(path: string, onEvent: (event: EventAnswer) => void): boolean {
  const [isConnected, setConnected] = useState(true);
  const [tries, setTries] = useState(0);
  const queries = useQueryClient();
  useEffect(() => {
    const again: { timer?: ReturnType<typeof setTimeout> } = {};
    const source = new EventSource(`/api${path}`);
    const renew = () => void queries.invalidateQueries();
    source.addEventListener('ready', () => {
      setConnected(true);
      renew();
    });
    source.onmessage = ({ data }: MessageEvent<string>) => {
      onEvent(JSON.parse(data) as EventAnswer);
      renew();
    };
    source.onerror = () => {
      setConnected(false);
      // A browser tries again itself where nobody answers. One who was refused is to be told why, and tried again by us.
      if (source.readyState !== EventSource.CLOSED) return;
      renew();
      again.timer = setTimeout(() => setTries(tries + 1), AGAIN_MS);
    };
    return () => {
      clearTimeout(again.timer);
      source.close();
    };
  }, [path, onEvent, queries, tries]);
  return isConnected;
}
