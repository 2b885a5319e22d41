import { cardDevice, type DeviceKind, deviceId } from './devices.ts';

/** With what the addresses of a machine’s further cards begin: of those that nobody assigns, as its first one’s. */
const CARD_PREFIXES = ['56', '5a'];
/** The hub of QEMU’s that the tap device is on, where several cards are. */
const SHARED_HUB = 0;

/** A further network card; one that is isolated leads nowhere, another reaches what the first one reaches. */
export interface PlannedCard {
  name: string;
  network: 'nat' | 'isolated';
}

/** Of a machine, what its network cards are made of. */
interface Carded {
  hardware?: DeviceKind;
  /** Its first card’s address. */
  mac: string;
  /** Its further cards, in the order of their places. */
  cards?: readonly PlannedCard[];
}

/** The address of a machine’s further card in a place, by that of its first one. */
export function cardMac(mac: string, place: number): string {
  return `${CARD_PREFIXES[place] ?? ''}${mac.slice(2)}`;
}

/** The machine’s one tap device is the first card’s alone, or on a hub with all cards that lead where it leads. */
export function firstCard({ hardware = 'virtio', mac, cards = [] }: Carded): string[] {
  if (cards.every(({ network }) => network === 'isolated')) return cardDevice(hardware, { netdev: 'net0', mac });
  return [
    ...['-netdev', `hubport,id=hub0,hubid=${SHARED_HUB},netdev=net0`],
    ...['-netdev', `hubport,id=first0,hubid=${SHARED_HUB}`],
    ...cardDevice(hardware, { netdev: 'first0', mac }),
  ];
}

/** One that is isolated is on a hub of its own, on which there is nothing else: no packet of it leaves QEMU. */
export function furtherCard(
  { hardware = 'virtio', mac }: Carded,
  { name, network }: PlannedCard,
  place: number,
): string[] {
  const id = `net-${name}`;
  const hub = network === 'nat' ? SHARED_HUB : place + 1;
  return [
    ...['-netdev', `hubport,id=${id},hubid=${hub}`],
    ...cardDevice(hardware, { netdev: id, mac: cardMac(mac, place), id: deviceId(name) }),
  ];
}
