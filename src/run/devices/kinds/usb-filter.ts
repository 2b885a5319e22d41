import type { PresentUsb } from '../../../sys/usb-devices.ts';
import type { DeviceOf } from './driver.ts';

const HUB = '09';

/** Whether a device is one that a machine’s project names. A hub never is: all that is behind it would be. */
export function fits(filter: Omit<DeviceOf<'usb'>, 'kind'>, device: PresentUsb): boolean {
  const { vendor = device.vendor, product = device.product, class: of } = filter;
  if (device.classes.includes(HUB)) return false;
  return device.vendor === vendor && device.product === product && (of === undefined || device.classes.includes(of));
}

/** A device as its user is told of it. */
export function usbText({ path, vendor, product, words }: PresentUsb): string {
  return `${path} (${[`${vendor}:${product}`, words].filter(Boolean).join(' ')})`;
}
