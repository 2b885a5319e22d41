import { z } from 'zod';

/** What a device of a machine is called, by its project. */
export const DEVICE_NAME = /^[a-z]([a-z0-9-]{0,22}[a-z0-9])?$/;
export const MOST_DEVICES = 16;
/** So many places a machine has for drives. */
export const MOST_DRIVES = 4;

function Hexadecimal(digits: number) {
  return z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`), `is not ${digits} hexadecimal digits`);
}

/** The first card, which every machine has, is beside these. */
const MOST_CARDS = 2;

/** Where a further card may lead. */
export const CARD_NETWORKS = ['nat', 'isolated'] as const;
export type CardNetwork = (typeof CARD_NETWORKS)[number];

/** A further network card of a machine. */
export interface FurtherCard {
  name: string;
  network: CardNetwork;
}

/** The first serial port, which every machine has, is its console. */
const MOST_PORTS = 2;
const MOST_PARALLEL = 1;
const MOST_SOUND = 1;
const MOST_MICROPHONES = 1;
const MOST_PRINTERS = 1;

/** A device that the user of a machine may connect, where its policy lets him. */
export const MachineDevice = z.discriminatedUnion('kind', [
  /** A CD or DVD drive: it is always there, and what is connected is a disc, by its image, or the drive of the computer. */
  z.strictObject({ kind: z.literal('cd') }),
  /** A USB stick, by its image, to which the guest writes. */
  z.strictObject({ kind: z.literal('stick') }),
  /** A further serial port: what is connected is one of the computer’s, or another terminal. */
  z.strictObject({ kind: z.literal('serial') }),
  /** A parallel port, for programs that print to one: what is connected takes what is printed, and says nothing back. */
  z.strictObject({ kind: z.literal('parallel') }),
  /**
   * A further network card. With `nat` it reaches what the first one reaches, by the same decision; isolated, it leads nowhere: not to
   * networks, not to its computer, not to other cards.
   */
  z.strictObject({ kind: z.literal('network'), network: z.enum(CARD_NETWORKS) }),
  /** A sound card that plays: what is connected is the player, in which it is heard. */
  z.strictObject({ kind: z.literal('sound') }),
  /** A microphone of the sound card: what is connected is the player, whose microphone the guest hears. */
  z.strictObject({ kind: z.literal('microphone') }),
  /** A printer that the guest finds at its gateway: what is connected is one of the computer’s queues. */
  z.strictObject({ kind: z.literal('printer') }),
  /** A USB device of the computer, of those that its project names: by maker, by product, by what it is for. */
  z
    .strictObject({
      kind: z.literal('usb'),
      vendor: Hexadecimal(4).exactOptional(),
      product: Hexadecimal(4).exactOptional(),
      /** As the USB consortium numbers them: 08 is storage, 0b a card reader, 07 a printer. */
      class: Hexadecimal(2).exactOptional(),
    })
    .refine(({ vendor, class: of }) => vendor !== undefined || of !== undefined, 'names neither vendor nor class'),
]);
export type MachineDevice = z.infer<typeof MachineDevice>;
export type DeviceKind = MachineDevice['kind'];
export const DEVICE_KINDS: readonly DeviceKind[] = [
  'cd',
  'stick',
  'usb',
  'network',
  'serial',
  'parallel',
  'sound',
  'microphone',
  'printer',
];

/** The devices of a machine, by their names: part of its hardware. */
export const MachineDevices = z
  .record(z.string().regex(DEVICE_NAME, 'is not a name for a device'), MachineDevice)
  .refine((devices) => Object.keys(devices).length <= MOST_DEVICES, `has more than ${MOST_DEVICES} devices`)
  .refine((devices) => drivesOf(devices).length <= MOST_DRIVES, `has more than ${MOST_DRIVES} drives`)
  .refine((devices) => cardsOf(devices).length <= MOST_CARDS, `has more than ${MOST_CARDS} further network cards`)
  .refine((devices) => portsOf(devices).length <= MOST_PORTS, `has more than ${MOST_PORTS} further serial ports`)
  .refine((devices) => ofKind(devices, 'parallel').length <= MOST_PARALLEL, 'has more than one parallel port')
  .refine((devices) => ofKind(devices, 'sound').length <= MOST_SOUND, 'has more than one device for sound')
  .refine((devices) => ofKind(devices, 'microphone').length <= MOST_MICROPHONES, 'has more than one microphone')
  .refine((devices) => ofKind(devices, 'printer').length <= MOST_PRINTERS, 'has more than one printer');
export type MachineDevices = z.infer<typeof MachineDevices>;

/** The names of the drives among them, in the order of their places. */
export function drivesOf(devices: Readonly<Record<string, MachineDevice>>): string[] {
  return ofKind(devices, 'cd');
}

/** The further network cards, in the order of their places. */
export function cardsOf(devices: Readonly<Record<string, MachineDevice>>): FurtherCard[] {
  return ofKind(devices, 'network').flatMap((name) => {
    const device = devices[name];
    return device?.kind === 'network' ? [{ name, network: device.network }] : [];
  });
}

/** The names of the further serial ports, in the order of their places. */
export function portsOf(devices: Readonly<Record<string, MachineDevice>>): string[] {
  return ofKind(devices, 'serial');
}

/** The name of the parallel port, where there is one. */
export function parallelOf(devices: Readonly<Record<string, MachineDevice>>): string | undefined {
  return ofKind(devices, 'parallel')[0];
}

/** Whether one of them is for sound. */
export function hasSound(devices: Readonly<Record<string, MachineDevice>>): boolean {
  return ofKind(devices, 'sound').length > 0;
}

/** Whether one of them is a microphone. */
export function hasMicrophone(devices: Readonly<Record<string, MachineDevice>>): boolean {
  return ofKind(devices, 'microphone').length > 0;
}

function ofKind(devices: Readonly<Record<string, MachineDevice>>, wanted: DeviceKind): string[] {
  return Object.entries(devices)
    .filter(([, { kind }]) => kind === wanted)
    .map(([name]) => name)
    .sort();
}

/** Which devices of a computer a device may be, where its project names some: `1050:0407 of class 0b`; * stands for any. */
export function namedBy(device: MachineDevice): string | undefined {
  if (device.kind !== 'usb') return undefined;
  const { vendor = '*', product = '*', class: of } = device;
  return `${vendor}:${product}${of === undefined ? '' : ` of class ${of}`}`;
}
