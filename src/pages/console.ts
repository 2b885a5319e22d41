import type { UpgradeListener } from '../sys/http/http-server.ts';
import { bridgeWebSockets } from '../sys/http/web-socket.ts';
import type { Pages } from './app.ts';

const CONSOLE = /^\/api\/v1\/machines\/([a-z0-9-]+)\/console$/;

/** Leads the web sockets of pages that were let in to the screens of machines; `screenOf` gives the socket of one that runs. */
export function consoleUpgrade(pages: Pages, screenOf: (vm: string) => string | undefined): UpgradeListener {
  return bridgeWebSockets(async ({ path, ...from }) => {
    const [, vm] = CONSOLE.exec(path) ?? [];
    return vm !== undefined && (await pages.isAdmitted(from)) ? screenOf(vm) : undefined;
  });
}
