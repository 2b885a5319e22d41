import { ethernet, MAC } from './frames.ts';

/** What may follow an IPv6 header, by its number. */
export const NEXT = { hopByHop: 0, tcp: 6, udp: 17, routing: 43, fragment: 44, icmp: 58, destination: 60 } as const;
export const LINK_LOCAL = 'fe80::5054:ff:feaa:bb01';

export interface Packet6 {
  from?: string;
  to: string;
  next: number;
  payload: Buffer;
  /** The card that sends it, and the one that is meant; by default the guest’s, and all. */
  mac?: string;
  card?: string;
}

/** An IPv6 packet in a frame, as a guest’s root might write it. */
export function packet6({ from = 'fd77::2', to, next, payload, mac = MAC, card }: Packet6): Buffer {
  const head = Buffer.alloc(40);
  head[0] = 0x60;
  head.writeUInt16BE(payload.length, 4);
  head[6] = next;
  head[7] = 255;
  bytes6(from).copy(head, 8);
  bytes6(to).copy(head, 24);
  const whole = Buffer.concat([head, payload]);
  return ethernet(0x86dd, whole, { mac, ...(card === undefined ? {} : { to: card }) });
}

/** An ICMPv6 message with its checksum: 133 to 137 are neighbour discovery’s. */
export function icmp6(type: number, body: Buffer, from: string, to: string): Buffer {
  const message = Buffer.concat([Buffer.from([type, 0, 0, 0]), body]);
  return withChecksum(message, 2, NEXT.icmp, from, to);
}

/** What neighbour solicitations and advertisements begin with. */
export function discovery(target: string): Buffer {
  return Buffer.concat([Buffer.alloc(4), bytes6(target)]);
}

/** A datagram of eight bytes, with its checksum. */
export function udp6(fromPort: number, toPort: number, to: string, from = 'fd77::2'): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt16BE(fromPort, 0);
  head.writeUInt16BE(toPort, 2);
  head.writeUInt16BE(head.length, 4);
  return withChecksum(head, 6, NEXT.udp, from, to);
}

/** The first segment of a connection, with its checksum. */
export function syn6(fromPort: number, toPort: number, to: string, from = 'fd77::2'): Buffer {
  const segment = Buffer.alloc(20);
  segment.writeUInt16BE(fromPort, 0);
  segment.writeUInt16BE(toPort, 2);
  segment.writeUInt32BE(1, 4);
  segment[12] = 5 << 4;
  segment[13] = 0x02;
  segment.writeUInt16BE(1024, 14);
  return withChecksum(segment, 16, NEXT.tcp, from, to);
}

/** Eight bytes of an extension header before what comes next: padding, a route of type 0 that is at its end, or a piece. */
export function before(next: number, payload: Buffer, content: readonly number[] = [1, 4, 0, 0, 0, 0]): Buffer {
  return Buffer.concat([Buffer.from([next, 0, ...content]), payload]);
}

/** The piece of a packet that begins at `offset`, a multiple of eight. */
export function piece(next: number, payload: Buffer, offset: number, more: boolean): Buffer {
  const where = offset | (more ? 1 : 0);
  return before(next, payload, [where >> 8, where & 255, 0, 0, 0, 7]);
}

export function bytes6(text: string): Buffer {
  const [head = '', tail = ''] = text.split('::');
  const words = (part: string) => part.split(':').filter(Boolean);
  const zeros = Array.from({ length: 8 - words(head).length - words(tail).length }, () => '0');
  const all = [...words(head), ...zeros, ...words(tail)];
  return Buffer.from(all.map((word) => word.padStart(4, '0')).join(''), 'hex');
}

function withChecksum(message: Buffer, at: number, next: number, from: string, to: string): Buffer {
  const pseudo = Buffer.concat([bytes6(from), bytes6(to), Buffer.from([0, 0, 0, message.length, 0, 0, 0, next])]);
  const all = Buffer.concat([pseudo, message, Buffer.alloc(message.length % 2)]);
  let sum = 0;
  for (let i = 0; i < all.length; i += 2) sum += all.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  message.writeUInt16BE(~sum & 0xffff || 0xffff, at);
  return message;
}
