/** Ethernet frames as a guest’s root might send them. */
export const MAC = '52:54:00:aa:bb:01';
const BROADCAST = 'ff:ff:ff:ff:ff:ff';

export interface UdpFrame {
  from?: string;
  to: string;
  fromPort?: number;
  toPort: number;
  mac?: string;
}

function bytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

/** A frame, padded to the length that Ethernet demands. */
export function ethernet(type: number, payload: Buffer, { mac = MAC, to = BROADCAST } = {}): Buffer {
  const head = Buffer.concat([bytes(to), bytes(mac), Buffer.from([type >> 8, type & 255])]);
  return Buffer.concat([head, payload, Buffer.alloc(Math.max(0, 46 - payload.length))]);
}

function address4(text: string): Buffer {
  return Buffer.from(text.split('.').map(Number));
}

function checksum(data: Buffer): number {
  let sum = 0;
  for (let i = 0; i < data.length; i += 2) sum += data.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** A datagram of eight bytes, to the gateway’s card unless told otherwise. */
export function udpFrame(
  { from = '10.77.0.2', to, fromPort = 4000, toPort, mac = MAC }: UdpFrame,
  gatewayMac = BROADCAST,
): Buffer {
  const udp = Buffer.alloc(16);
  udp.writeUInt16BE(fromPort, 0);
  udp.writeUInt16BE(toPort, 2);
  udp.writeUInt16BE(16, 4);
  const ip = Buffer.alloc(20);
  ip[0] = 0x45;
  ip.writeUInt16BE(36, 2);
  ip[8] = 64;
  ip[9] = 17;
  address4(from).copy(ip, 12);
  address4(to).copy(ip, 16);
  ip.writeUInt16BE(checksum(ip), 10);
  return ethernet(0x0800, Buffer.concat([ip, udp]), { mac, to: gatewayMac });
}

/** An answer nobody asked for: `address` is at the guest’s card. */
export function arpFrame(address: string): Buffer {
  const head = Buffer.from([0, 1, 8, 0, 6, 4, 0, 2]);
  return ethernet(
    0x0806,
    Buffer.concat([head, bytes(MAC), address4(address), bytes(BROADCAST), address4('10.77.0.1')]),
  );
}

/** The same frame with a VLAN’s tag. */
export function tagged(frame: Buffer): Buffer {
  return Buffer.concat([frame.subarray(0, 12), Buffer.from([0x81, 0, 0, 5]), frame.subarray(12)]);
}

export function lldpFrame(): Buffer {
  return ethernet(0x88cc, Buffer.from([0x02, 0x07, 0x04, ...bytes(MAC), 0, 0]), { to: '01:80:c2:00:00:0e' });
}

/** An ICMPv6 message; 134 is a router’s advertisement, 128 an echo request. */
export function icmp6Frame(type: number, from: string): Buffer {
  const icmp = Buffer.alloc(16);
  icmp[0] = type;
  const ip = Buffer.alloc(40);
  ip[0] = 0x60;
  ip.writeUInt16BE(icmp.length, 4);
  ip[6] = 58;
  ip[7] = 255;
  Buffer.from(from, 'hex').copy(ip, 8);
  Buffer.from('ff020000000000000000000000000001', 'hex').copy(ip, 24);
  return ethernet(0x86dd, Buffer.concat([ip, icmp]), { to: '33:33:00:00:00:01' });
}
