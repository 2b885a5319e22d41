import { AppError } from '../../../lib/errors.ts';
import type { DeviceDriver } from './driver.ts';

/**
 * The microphone of a sound card, which is always there and hears silence: while it is connected a page may speak to it, once its user has
 * opened it there, and whoever speaks is cut off after.
 */
export const microphone: DeviceDriver<'microphone'> = {
  async connect({ heardIn = 'the player' }, name, _device, { what }) {
    if (what === undefined) return heardIn;
    throw new AppError('USAGE', `“${name}” is the microphone of ${heardIn}: it takes no file and no device`);
  },
  disconnect: async () => undefined,
  isConnected: async () => true,
};
