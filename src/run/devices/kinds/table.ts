import type { DeviceKind } from '../../../policy/parts/machine-devices.ts';
import { cd } from './cd.ts';
import type { DeviceDriver } from './driver.ts';
import { microphone } from './microphone.ts';
import { network } from './network.ts';
import { parallel } from './parallel.ts';
import { printer } from './printer.ts';
import { serial } from './serial.ts';
import { sound } from './sound.ts';
import { stick } from './stick.ts';
import { usb } from './usb.ts';

/** Every kind of device that a user may connect: what is added gets a file of its own, and a row here. */
const KINDS: { readonly [Kind in DeviceKind]: DeviceDriver<Kind> } = {
  cd,
  stick,
  usb,
  network,
  serial,
  parallel,
  sound,
  microphone,
  printer,
};

/** The row of a kind: the one thing that the compiler cannot follow by itself. */
export function driverOf<Kind extends DeviceKind>({ kind }: { kind: Kind }): DeviceDriver<Kind> {
  return KINDS[kind];
}
