// A computer of the test network, or the guest: opens and answers connections as it is told.
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, createServer, isIPv6, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveCalls } from './calls.ts';
import { lease6 } from './dhcp6.ts';
import { type Saying, serveDns } from './dns.ts';

/** How long something is waited for that comes at once, where the computer is not busy; what is to stay away is given less. */
const PATIENCE_MS = 10_000;

interface Flow {
  socket: Socket;
  received: number;
  failure: string | undefined;
  failedMs: number | undefined;
}

const flows: Flow[] = [];
const udp: UdpSocket[] = [];
const sunk: [sentMs: number, arrivedMs: number][] = [];
const floods: NodeJS.Timeout[] = [];
const cuts: [port: number, atMs: number][] = [];
let asked: string[] = [];
const sayings: Record<string, Saying> = {};

/** Milliseconds on a clock that all processes of the computer share. */
function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function follow(socket: Socket): Flow {
  const flow: Flow = { socket, received: 0, failure: undefined, failedMs: undefined };
  socket.on('data', (data: Buffer) => {
    flow.received += data.length;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    flow.failure = error.code;
  });
  socket.on('close', () => {
    flow.failure ??= 'closed';
    flow.failedMs = nowMs();
  });
  return flow;
}

function note(data: Buffer): void {
  sunk.push([data.length < 8 ? 0 : data.readDoubleLE(0), nowMs()]);
}

/** Datagrams that bear the time of their sending, three every millisecond. */
function flood(socket: UdpSocket, host: string, port: number): void {
  socket.on('error', () => undefined);
  const send = () => {
    const stamp = Buffer.alloc(64);
    stamp.writeDoubleLE(nowMs());
    socket.send(stamp, port, host, () => undefined);
  };
  const burst = () => {
    for (let i = 0; i < 3; i += 1) send();
  };
  floods.push(setInterval(burst, 1));
}

await serveCalls({
  nowMs,

  /** Echoes; with `pushEveryMs` it also sends unasked. */
  async listenTcp(port: number, pushEveryMs?: number) {
    const server = createServer((socket) => {
      socket.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNRESET') cuts.push([port, nowMs()]);
        socket.destroy();
      });
      socket.pipe(socket);
      if (pushEveryMs === undefined) return;
      const timer = setInterval(() => socket.write('push'), pushEveryMs);
      socket.on('close', () => clearInterval(timer));
    });
    server.listen(port);
    await once(server, 'listening');
  },

  /** The connections that were reset at the server’s end since this was last asked, by port and time. */
  cuts: () => cuts.splice(0),

  /** `open`, or the failure’s code; `silent` when nothing came. */
  async connect(host: string, port: number, timeoutMs = PATIENCE_MS) {
    // One that opened stays, and may be refused its way later.
    const socket = connect(port, host).on('error', () => undefined);
    const result = await Promise.race([
      once(socket, 'connect').then(
        () => 'open',
        (error: NodeJS.ErrnoException) => error.code ?? 'failed',
      ),
      sleep(timeoutMs, 'silent', { ref: false }),
    ]);
    if (result !== 'open') socket.destroy();
    return result;
  },

  /** Sends so many bytes to a peer that echoes; gives how many came back, when all did or nothing more came for a while. */
  async exchange(host: string, port: number, bytes: number, patienceMs = 5000) {
    const flow = follow(connect(port, host));
    flow.socket.setTimeout(patienceMs, () => flow.socket.destroy());
    flow.socket.on('data', () => flow.received >= bytes && flow.socket.destroy());
    flow.socket.write(Buffer.alloc(bytes));
    if (!flow.socket.destroyed) await once(flow.socket, 'close');
    return flow.received;
  },

  /** Sends a datagram to each port and tries to connect to it, some at a time; gives those that are open. */
  async knock(host: string, ports: readonly number[]) {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4').on('error', () => undefined);
    const queue = ports.values();
    const open: number[] = [];
    const worker = async () => {
      for (const port of queue) {
        await new Promise<void>((resolve) => socket.send('knock', port, host, () => resolve()));
        const tcp = connect(port, host).on('error', () => undefined);
        tcp.once('connect', () => {
          open.push(port);
          tcp.destroy();
        });
        // Neither an answer nor a refusal: what was sent has been lost, and the caller asks again.
        tcp.setTimeout(2000, () => tcp.destroy());
        await new Promise<void>((resolve) => tcp.once('close', () => resolve()));
      }
    };
    await Promise.all(Array.from({ length: 64 }, worker));
    socket.close();
    return open;
  },

  /** Opens a flow that is kept, and gives its number; with `pushEveryMs` it sends unasked. */
  async openFlow(host: string, port: number, pushEveryMs?: number) {
    const socket = connect(port, host);
    await once(socket, 'connect');
    if (pushEveryMs !== undefined) {
      const timer = setInterval(() => socket.write('push'), pushEveryMs);
      socket.on('close', () => clearInterval(timer));
    }
    return flows.push(follow(socket)) - 1;
  },

  portOf: (number: number) => flows[number]?.socket.localPort,

  /** What came on a flow, in bytes, and how and when it failed if it did. */
  flowState(number: number) {
    const { received, failure, failedMs } = flows[number] ?? {};
    return { received, failure, failedMs };
  },

  /** Sends on a flow and waits for something to come: `alive`, the failure’s code, or `silent`. */
  async useFlow(number: number, send: boolean, timeoutMs = PATIENCE_MS) {
    const flow = flows[number];
    if (!flow) throw new Error('no such flow');
    const before = flow.received;
    if (send && !flow.failure) flow.socket.write('ping');
    for (let waited = 0; waited < timeoutMs; waited += 5) {
      if (flow.failure) return flow.failure;
      if (flow.received > before) return 'alive';
      await sleep(5);
    }
    return 'silent';
  },

  /** Notes when each datagram that arrives was sent, and when it came; may answer the first with a flood of its own. */
  async sinkUdp(port: number, floodsBack = false) {
    const socket = createSocket('udp6');
    udp.push(socket);
    if (floodsBack) socket.once('message', (_, from) => flood(socket, from.address, from.port));
    socket.on('message', note);
    socket.bind(port);
    await once(socket, 'listening');
  },

  sunk: () => sunk.splice(0),

  startFlood(host: string, port: number) {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    udp.push(socket);
    socket.on('message', note);
    socket.bind(0, () => flood(socket, host, port));
  },

  /** Leases an IPv6 address as a client of that number. */
  lease6: (link: string, client: number, timeoutMs = 15_000) => lease6(link, client, timeoutMs),

  /** Serves names as it is told, on an address of its own. */
  async serveDns(address: string) {
    asked = await serveDns(address, sayings);
  },

  say: (more: Record<string, Saying>) => void Object.assign(sayings, more),

  /** What was asked of it since this was last asked, name and protocol. */
  asked: () => asked.splice(0),

  stopFlood() {
    for (const timer of floods.splice(0)) clearInterval(timer);
  },

  /** Sends one datagram, from a port and an address if they are given. */
  async sendUdp(host: string, port: number, from: { address?: string; port?: number } = {}) {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    socket.bind(from.port ?? 0, from.address);
    await once(socket, 'listening');
    const stamp = Buffer.alloc(64);
    stamp.writeDoubleLE(nowMs());
    await new Promise<void>((resolve) => socket.send(stamp, port, host, () => resolve()));
    socket.close();
  },

  /** The addresses of a name, or the failure’s code; asked again, as resolvers do, unless the caller says how long it waits. */
  async resolve(
    name: string,
    server = '10.77.0.1',
    timeoutMs?: number,
    tries = timeoutMs === undefined ? 3 : 1,
    family: 4 | 6 = 4,
  ) {
    const resolver = new Resolver({ timeout: timeoutMs ?? 3000, tries });
    resolver.setServers([server]);
    try {
      return await (family === 4 ? resolver.resolve4(name) : resolver.resolve6(name));
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : 'failed';
    }
  },

  /** How long a name’s addresses may be kept, in seconds, as the answer says. */
  async ttls(name: string, server = '10.77.0.1') {
    const resolver = new Resolver({ timeout: 3000, tries: 2 });
    resolver.setServers([server]);
    return (await resolver.resolve4(name, { ttl: true })).map(({ ttl }) => ttl);
  },
});
