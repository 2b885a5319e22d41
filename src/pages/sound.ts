import type { UpgradeListener } from '../sys/http/http-server.ts';
import { type Feed, feedWebSockets } from '../sys/http/web-socket.ts';
import type { Pages } from './app.ts';

const SOUND = /^\/api\/v1\/machines\/([a-z0-9-]+)\/sound$/;

/** Leads what machines play to the web sockets of pages that were let in; what asks for anything else goes on to `otherwise`. */
export function soundUpgrade(
  pages: Pages,
  hear: (vm: string) => Promise<Feed | undefined>,
  otherwise: UpgradeListener,
): UpgradeListener {
  const feed = feedWebSockets(async ({ path, ...from }) => {
    const [, vm] = SOUND.exec(path) ?? [];
    return vm !== undefined && (await pages.isAdmitted(from)) ? hear(vm) : undefined;
  });
  return (request, socket, head) => (SOUND.test(request.url ?? '') ? feed : otherwise)(request, socket, head);
}
