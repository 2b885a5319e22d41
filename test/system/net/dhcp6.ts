import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const SOLICIT = 1;
const ADVERTISE = 2;
const REQUEST = 3;
const REPLY = 7;
const OPTION = { client: 1, server: 2, addresses: 3, address: 5, wanted: 6, resolvers: 23 } as const;
const SERVERS = 'ff02::1:2';
const RESEND_MS = 500;

/** What a DHCPv6 server gave: addresses and resolvers, in hexadecimal. */
export interface Lease6 {
  addresses: string[];
  resolvers: string[];
}

/** Asks for an address through an interface as `client`, in the four messages of RFC 8415; undefined when none came in time. */
export async function lease6(link: string, client: number, timeoutMs: number): Promise<Lease6 | undefined> {
  const socket = createSocket('udp6');
  socket.bind(546, `${link}`);
  await once(socket, 'listening');
  const id = option(OPTION.client, Buffer.from([0, 3, 0, 1, 0, 0, 0, 0, 0, client]));
  const asked = Buffer.concat([
    id,
    option(OPTION.addresses, Buffer.alloc(12)),
    option(OPTION.wanted, Buffer.from([0, OPTION.resolvers])),
  ]);
  const signal = AbortSignal.timeout(timeoutMs);
  const ask = async (type: number, content: Buffer, answer: number) => {
    const message = Buffer.concat([Buffer.from([type, 0, 0, type]), content]);
    const send = () => socket.send(message, 547, `${SERVERS}%${link.split('%')[1]}`);
    const timer = setInterval(send, RESEND_MS);
    send();
    try {
      for (;;) {
        const [data]: Buffer[] = await once(socket, 'message', { signal });
        if (data?.[0] === answer && data[3] === type) return options(data.subarray(4));
      }
    } finally {
      clearInterval(timer);
    }
  };
  try {
    const offered = await ask(SOLICIT, asked, ADVERTISE);
    if (addressesIn(offered).length === 0) return { addresses: [], resolvers: [] };
    const server = option(OPTION.server, offered.get(OPTION.server) ?? Buffer.alloc(0));
    const got = await ask(REQUEST, Buffer.concat([asked, server]), REPLY);
    return { addresses: addressesIn(got), resolvers: inHex(got.get(OPTION.resolvers)) };
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return undefined;
    throw error;
  } finally {
    socket.close();
  }
}

function option(code: number, content: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(code, 0);
  head.writeUInt16BE(content.length, 2);
  return Buffer.concat([head, content]);
}

function options(data: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= data.length; ) {
    const end = at + 4 + data.readUInt16BE(at + 2);
    found.set(data.readUInt16BE(at), data.subarray(at + 4, end));
    at = end;
  }
  return found;
}

function addressesIn(message: Map<number, Buffer>): string[] {
  const association = message.get(OPTION.addresses)?.subarray(12) ?? Buffer.alloc(0);
  return inHex(options(association).get(OPTION.address)?.subarray(0, 16));
}

function inHex(bytes: Buffer = Buffer.alloc(0)): string[] {
  return bytes.toString('hex').match(/.{32}/g) ?? [];
}
