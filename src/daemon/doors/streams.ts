import type { Duplex } from 'node:stream';
import { openInstance, unknownMachine } from '../../install/state/instances.ts';
import { type Asker, maySee, requireSeen } from '../../install/state/machine/owner.ts';
import { AppError, ERRORS, failureOf } from '../../lib/errors.ts';
import { machineSockets } from '../../run/machine/record.ts';
import { STREAM_PROTOCOL } from '../../sys/http/http-client.ts';
import type { UpgradeRequest } from '../../sys/http/http-server.ts';
import type { Log } from '../../sys/log.ts';
import { connectUnix } from '../../sys/network/sockets.ts';
import { joinStreams } from '../../sys/network/streams.ts';

const PATH = /^\/v1\/machines\/(?<vm>[a-z0-9-]{1,40})\/(?<what>screen|console)$/;
const CONNECT_MS = 5000;

export interface StreamDeps {
  state: string;
  machines: { of(vm: string): { spec: { runFolder: string; owner?: number } } };
  log: Log;
}

/** The streams of machines that are open, whichever socket they came by. A serial console has one user at a time. */
export class Streams {
  readonly #consoles = new Set<string>();
  readonly #open = new Map<string, number>();

  /** Whether somebody watches a machine. */
  has(vm: string): boolean {
    return (this.#open.get(vm) ?? 0) > 0;
  }

  /** @throws CONSOLE_TAKEN */
  async during(vm: string, isConsole: boolean, work: () => Promise<void>): Promise<void> {
    if (isConsole && this.#consoles.has(vm))
      throw new AppError('CONSOLE_TAKEN', `somebody else is at the serial console of ${vm}`);
    if (isConsole) this.#consoles.add(vm);
    this.#open.set(vm, (this.#open.get(vm) ?? 0) + 1);
    try {
      await work();
    } finally {
      if (isConsole) this.#consoles.delete(vm);
      this.#open.set(vm, (this.#open.get(vm) ?? 1) - 1);
    }
  }
}

/**
 * Lets whoever may use a machine see it: its screen (VNC) and its serial console, as bytes that the service passes on
 * and does not look at.
 */
export function streamTaker({ state, machines, log }: StreamDeps, asker: Asker, streams: Streams) {
  return (request: UpgradeRequest, client: Duplex, head: Buffer): void => {
    client.on('error', () => client.destroy());
    if (head.length > 0) client.unshift(head);
    take(request, client).catch((error: unknown) => {
      const failure = failureOf(error);
      if (failure.code === 'INTERNAL') log.error({ error }, 'a stream failed');
      refuse(client, failure, ERRORS[failure.code].http);
    });
  };

  async function take({ url = '', headers }: UpgradeRequest, client: Duplex): Promise<void> {
    const { vm = '', what = '' } = PATH.exec(url)?.groups ?? {};
    if (vm === '' || headers.upgrade !== STREAM_PROTOCOL) throw new AppError('USAGE', 'there is no such stream');
    await requireSeen(state, vm, asker);
    await openInstance(state, vm);
    const { spec } = machines.of(vm);
    if (!maySee(asker, spec.owner)) throw unknownMachine(vm);
    const sockets = machineSockets(spec.runFolder);
    const isConsole = what === 'console';
    await streams.during(vm, isConsole, () => pass(client, isConsole ? sockets.console : sockets.vnc));
  }
}

/** Joins the client to a socket of QEMU’s, until one of them ends. */
async function pass(client: Duplex, path: string): Promise<void> {
  const qemu = await connectUnix(path, CONNECT_MS);
  qemu.on('error', () => qemu.destroy());
  client.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${STREAM_PROTOCOL}\r\n\r\n`);
  await joinStreams(client, qemu);
}

function refuse(client: Duplex, failure: object, status: number): void {
  const body = JSON.stringify({ error: failure });
  const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nConnection: close\r\n`;
  client.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
