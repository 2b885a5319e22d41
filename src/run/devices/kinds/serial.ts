import { AppError } from '../../../lib/errors.ts';
import { handFile } from '../../../sys/programs/hand-file.ts';
import { dropSet, freeSet } from '../../../vm/media.ts';
import { isPortLed, leadPort } from '../../../vm/ports.ts';
import type { DeviceDriver } from './driver.ts';
import { requireFile } from './require-file.ts';

/** A serial port, which is always there: what is connected is one of the computer’s. A file is none: its guest could fill the disk. */
export const serial: DeviceDriver<'serial'> = {
  async connect({ qemu, monitor }, name, _device, { what: wanted, uid }) {
    const what = requireFile(name, wanted);
    const set = await freeSet(qemu);
    try {
      const handing = { isWritable: true, monitor, set, label: name, uid };
      const handed = await handFile({ ...handing, path: what, takes: ['terminal'] });
      if (!handed) throw new AppError('DEVICE_IMAGE', `${what} is no serial port`);
      await leadPort(qemu, name, set);
    } catch (error) {
      await dropSet(qemu, set);
      throw error;
    }
    return what;
  },
  disconnect: ({ qemu }, name) => leadPort(qemu, name, undefined),
  isConnected: ({ qemu }, name) => isPortLed(qemu, name),
};
