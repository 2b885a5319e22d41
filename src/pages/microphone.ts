import type { UpgradeListener } from '../sys/http/http-server.ts';
import { type Taker, takeFromWebSockets } from '../sys/http/web-socket.ts';
import type { Pages } from './app.ts';

const MICROPHONE = /^\/api\/v1\/machines\/([a-z0-9-]+)\/microphone$/;

/** Leads what is said to the web sockets of pages that were let in to machines; what asks for anything else goes on to `otherwise`. */
export function microphoneUpgrade(
  pages: Pages,
  speak: (vm: string) => Promise<Taker | undefined>,
  otherwise: UpgradeListener,
): UpgradeListener {
  const take = takeFromWebSockets(async ({ path, ...from }) => {
    const [, vm] = MICROPHONE.exec(path) ?? [];
    return vm !== undefined && (await pages.isAdmitted(from)) ? speak(vm) : undefined;
  });
  return (request, socket, head) => (MICROPHONE.test(request.url ?? '') ? take : otherwise)(request, socket, head);
}
