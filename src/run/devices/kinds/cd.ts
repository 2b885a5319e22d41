import { AppError } from '../../../lib/errors.ts';
import { handFile } from '../../../sys/programs/hand-file.ts';
import { addDisc, changeDisc, driveState, dropNode, dropSet, freeSet } from '../../../vm/media.ts';
import type { DeviceDriver, DeviceHost, Wish } from './driver.ts';
import { requireFile } from './require-file.ts';

/** A drive for CDs and DVDs: what is connected is an image of a disc, or the computer’s own drive. */
export const cd: DeviceDriver<'cd'> = {
  async connect(host, name, _device, wish) {
    const what = requireFile(name, wish.what);
    const disc = await discOf(host, { ...wish, what, label: name });
    try {
      await changeDisc(host.qemu, name, disc, wish.isForced);
    } catch (error) {
      await dropNode(host.qemu, disc);
      throw error;
    }
    return what;
  },
  disconnect: ({ qemu }, name, isForced) => changeDisc(qemu, name, undefined, isForced),
  async isConnected({ qemu }, name) {
    const { node, isOpen } = await driveState(qemu, name);
    return node !== undefined && !isOpen;
  },
};

async function discOf(
  { qemu, monitor }: DeviceHost,
  { what, uid, label }: Wish & { what: string; label: string },
): Promise<string> {
  const set = await freeSet(qemu);
  try {
    const handed = await handFile({
      path: what,
      isWritable: false,
      takes: ['file', 'drive'],
      monitor,
      set,
      uid,
      label,
    });
    if (!handed) throw new AppError('DEVICE_IMAGE', `${what} is neither an image of a disc nor a drive for discs`);
    return await addDisc(qemu, set, handed.is === 'drive' ? 'host_cdrom' : 'file');
  } catch (error) {
    await dropSet(qemu, set);
    throw error;
  }
}
