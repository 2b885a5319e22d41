import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type RelaySockets, relayNames } from './name-relay.ts';

const LOOPBACK = '127.0.0.1';

/** The relay that asks on our behalf, and whom. */
let opened: { resolvers: string; address: Promise<string | undefined>; close(): void } | undefined;

/**
 * Addresses to ask in place of these. Node’s resolver knows no zones: what a link-local one like `fe80::1%eth0` is to be
 * asked goes by a relay on loopback.
 */
export async function askable(resolvers: readonly string[]): Promise<readonly string[]> {
  if (!resolvers.some((address) => address.includes('%'))) return resolvers;
  if (opened?.resolvers !== resolvers.join()) {
    opened?.close();
    const sockets = { udp: createSocket('udp4'), tcp: createServer() };
    relayNames(sockets, async () => resolvers);
    const address = listen(sockets).catch(() => undefined);
    opened = { resolvers: resolvers.join(), address, close: () => close(sockets) };
  }
  const address = await opened.address;
  if (address !== undefined) return [address];
  // Another program had the port just then. The next question tries again; this one has no answer.
  opened = undefined;
  return resolvers;
}

/** Neither keeps us alive. */
async function listen({ udp, tcp }: RelaySockets): Promise<string> {
  tcp.unref().listen(0, LOOPBACK);
  await once(tcp, 'listening');
  const address = tcp.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  udp.unref().bind(port, LOOPBACK);
  await once(udp, 'listening');
  return `${LOOPBACK}:${port}`;
}

function close({ udp, tcp }: RelaySockets): void {
  udp.close();
  tcp.close();
}
