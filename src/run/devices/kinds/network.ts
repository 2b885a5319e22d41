import { AppError } from '../../../lib/errors.ts';
import { cardsOf, type MachineDevices } from '../../../policy/parts/machine-devices.ts';
import { deviceId } from '../../../vm/devices.ts';
import type { Qmp } from '../../../vm/qmp.ts';
import type { DeviceDriver } from './driver.ts';

/** A further network card, which is always there: what is connected is its cable. */
export const network: DeviceDriver<'network'> = {
  async connect({ qemu }, name, device, { what }) {
    if (what !== undefined) throw new AppError('USAGE', `“${name}” is a network card: it takes no file and no device`);
    await qemu.execute('set_link', { name: deviceId(name), up: true });
    return device.network;
  },
  disconnect: async ({ qemu }, name) => void (await qemu.execute('set_link', { name: deviceId(name), up: false })),
  isConnected: async () => true,
};

/** Before a machine goes, none of its further cards is connected. @throws VM_FAILED */
export async function pullCables(devices: MachineDevices | undefined, qemu: Pick<Qmp, 'execute'>): Promise<void> {
  for (const { name } of cardsOf(devices ?? {})) await qemu.execute('set_link', { name: deviceId(name), up: false });
}
