import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { EventAnswer } from '../../api/event.ts';

/**
 * Follows the process’s events as long as the page is open. Whatever happened may have changed whatever is shown: all of it
 * is asked for again. A lost connection is taken up by the browser itself; false is given meanwhile.
 */
export function useLive(path: string, onEvent: (event: EventAnswer) => void): boolean {
  const [isConnected, setConnected] = useState(true);
  const queries = useQueryClient();
  useEffect(() => {
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
    source.onerror = () => setConnected(false);
    return () => source.close();
  }, [path, onEvent, queries]);
  return isConnected;
}
