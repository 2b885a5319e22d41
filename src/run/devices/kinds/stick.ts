import { AppError } from '../../../lib/errors.ts';
import { handFile } from '../../../sys/programs/hand-file.ts';
import { dropSet, freeSet } from '../../../vm/media.ts';
import { isPlugged, plugStick, pullStick } from '../../../vm/usb.ts';
import type { DeviceDriver } from './driver.ts';
import { requireFile } from './require-file.ts';

const SECTOR_BYTES = 512;

/** A USB stick: what is connected is its image, which the guest writes to. It is pulled out as a stick is, whatever the guest does with it. */
export const stick: DeviceDriver<'stick'> = {
  async connect({ qemu, monitor }, name, _device, wish) {
    const what = requireFile(name, wish.what);
    const set = await freeSet(qemu);
    try {
      const handing = { isWritable: true, monitor, set, label: name, uid: wish.uid };
      const handed = await handFile({ ...handing, path: what, takes: ['file'] });
      if (!handed || handed.bytes % SECTOR_BYTES !== 0)
        throw new AppError('DEVICE_IMAGE', `${what} is no image of a stick: a file of whole sectors of 512 bytes`);
      if (await isPlugged(qemu, name)) await pullStick(qemu, name);
      await plugStick(qemu, name, set);
    } catch (error) {
      await dropSet(qemu, set);
      throw error;
    }
    return what;
  },
  disconnect: async ({ qemu }, name) => {
    if (await isPlugged(qemu, name)) await pullStick(qemu, name);
  },
  isConnected: ({ qemu }, name) => isPlugged(qemu, name),
};
