import { ethernet } from './frames.ts';

const PROTOCOL_NUMBERS = { icmp: 1, tcp: 6, udp: 17 } as const;
const GUEST = '10.77.0.2';

/** An IPv4 packet as a guest’s root might write it; what is left out is as in an honest one. */
export interface Packet {
  from?: string;
  to: string;
  protocol: keyof typeof PROTOCOL_NUMBERS;
  payload: Buffer;
  /** Options of the header, of four bytes or a multiple of that. */
  options?: Buffer;
  /** `offset` counts in bytes, of which eight are the least. */
  fragment?: { id: number; offset: number; more: boolean };
}

/** The packet in a frame to the card of that address. */
export function packetFrame({ from = GUEST, to, protocol, payload, options, fragment }: Packet, card: string): Buffer {
  const head = Buffer.concat([Buffer.alloc(20), options ?? Buffer.alloc(0)]);
  head[0] = 0x40 | (head.length / 4);
  head.writeUInt16BE(head.length + payload.length, 2);
  head.writeUInt16BE(fragment?.id ?? 0, 4);
  head.writeUInt16BE((fragment?.more ? 0x2000 : 0) | ((fragment?.offset ?? 0) / 8), 6);
  head[8] = 64;
  head[9] = PROTOCOL_NUMBERS[protocol];
  addressBytes(from).copy(head, 12);
  addressBytes(to).copy(head, 16);
  head.writeUInt16BE(checksum(head), 10);
  return ethernet(0x0800, Buffer.concat([head, payload]), { to: card });
}

/** The first segment of a connection. */
export function synSegment(fromPort: number, toPort: number, to: string, from = GUEST): Buffer {
  const segment = Buffer.alloc(20);
  segment.writeUInt16BE(fromPort, 0);
  segment.writeUInt16BE(toPort, 2);
  segment.writeUInt32BE(1, 4);
  segment[12] = 5 << 4;
  segment[13] = 0x02;
  segment.writeUInt16BE(1024, 14);
  const pseudo = Buffer.from([0, PROTOCOL_NUMBERS.tcp, 0, segment.length]);
  segment.writeUInt16BE(checksum(Buffer.concat([addressBytes(from), addressBytes(to), pseudo, segment])), 16);
  return segment;
}

/** A datagram without a checksum, which UDP allows. */
export function datagram(fromPort: number, toPort: number, content = Buffer.alloc(8)): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(fromPort, 0);
  head.writeUInt16BE(toPort, 2);
  head.writeUInt16BE(8 + content.length, 4);
  return Buffer.concat([head, content]);
}

/** An ICMP message: 8 is an echo request, 5 a redirect. */
export function icmpMessage(type: number, code: number, rest: Buffer): Buffer {
  const message = Buffer.concat([Buffer.from([type, code, 0, 0]), rest]);
  message.writeUInt16BE(checksum(message), 2);
  return message;
}

/** The four bytes of an echo request that tell it from others, and some content. */
export function echoContent(id: number): Buffer {
  const content = Buffer.alloc(12);
  content.writeUInt16BE(id, 0);
  return content;
}

function addressBytes(text: string): Buffer {
  return Buffer.from(text.split('.').map(Number));
}

function checksum(data: Buffer): number {
  let sum = 0;
  for (let i = 0; i + 1 < data.length; i += 2) sum += data.readUInt16BE(i);
  if (data.length % 2 === 1) sum += (data.at(-1) ?? 0) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
