import { AppError } from '../../../lib/errors.ts';
import { handFile } from '../../../sys/programs/hand-file.ts';
import { type PresentUsb, usbDevices } from '../../../sys/usb-devices.ts';
import { dropSet, freeSet } from '../../../vm/media.ts';
import { isPlugged, isStillThere, plugHostDevice, pullHostDevice } from '../../../vm/usb.ts';
import type { DeviceDriver } from './driver.ts';
import { fits, usbText } from './usb-filter.ts';

/** A USB device of the computer’s: of those that its project names, the one that there is, or the one that its user names. */
export const usb: DeviceDriver<'usb'> = {
  async connect({ qemu, monitor }, name, device, wish) {
    const wanted = chosen(
      name,
      (await usbDevices()).filter((each) => fits(device, each)),
      wish.what,
    );
    const set = await freeSet(qemu);
    try {
      const { path } = wanted;
      const handing = { isWritable: true, monitor, set, label: name, uid: wish.uid };
      const handed = await handFile({ ...handing, path, takes: ['usb'] });
      if (!handed) throw new AppError('DEVICE_NONE', `${path} is no USB device any more`);
      if (await isPlugged(qemu, name)) await pullHostDevice(qemu, name);
      await plugHostDevice(qemu, name, set);
    } catch (error) {
      await dropSet(qemu, set);
      throw error;
    }
    return usbText(wanted);
  },
  disconnect: async ({ qemu }, name) => {
    if (await isPlugged(qemu, name)) await pullHostDevice(qemu, name);
  },
  isConnected: async ({ qemu }, name) => (await isPlugged(qemu, name)) && (await isStillThere(qemu, name)),
};

/** @throws DEVICE_NONE, DEVICE_SEVERAL */
export function chosen(name: string, fitting: readonly PresentUsb[], path: string | undefined): PresentUsb {
  const [first, ...others] = path === undefined ? fitting : fitting.filter((each) => each.path === path);
  if (!first)
    throw new AppError(
      'DEVICE_NONE',
      path === undefined
        ? `no USB device of this computer is one that the project names for “${name}”`
        : `${path} is no USB device that the project names for “${name}”`,
    );
  if (others.length === 0) return first;
  const all = fitting.map(usbText);
  throw new AppError('DEVICE_SEVERAL', `several could be “${name}”: ${all.join(', ')}`, { details: { devices: all } });
}
