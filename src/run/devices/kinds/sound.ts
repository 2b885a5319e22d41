import { AppError } from '../../../lib/errors.ts';
import type { DeviceDriver } from './driver.ts';

/** A sound card, which is always there: while it is connected it may be heard in a page, and whoever hears it then is cut off after. */
export const sound: DeviceDriver<'sound'> = {
  async connect({ heardIn = 'the player' }, name, _device, { what }) {
    if (what === undefined) return heardIn;
    throw new AppError('USAGE', `“${name}” is heard in ${heardIn}: it takes no file and no device`);
  },
  disconnect: async () => undefined,
  isConnected: async () => true,
};
