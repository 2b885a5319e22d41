import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../../lib/errors.ts';
import { canPrintTo, endPrintingOut, printOut } from '../../../sys/printing/print-out.ts';
import { isPortLed } from '../../../vm/ports.ts';
import type { DeviceDriver, DeviceHost } from './driver.ts';
import { requireFile } from './require-file.ts';

const NOTICED_MS = 5000;

/** A parallel port, which is always there: what is connected takes what its guest prints, a file of the user’s or a port of the computer’s. */
export const parallel: DeviceDriver<'parallel'> = {
  async connect(host, name, _device, { what: wanted, uid }) {
    const what = requireFile(name, wanted);
    // What was connected before stays where this cannot be.
    if (!(await canPrintTo({ path: what, uid }))) throw noPlace(what);
    // QEMU hears one at a time.
    await letGo(host, name);
    if (!(await printOut({ socket: host.parallel, path: what, uid }))) throw noPlace(what);
    await noticed(host, name, true);
    return what;
  },
  disconnect: letGo,
  isConnected: ({ qemu }, name) => isPortLed(qemu, name),
};

async function letGo(host: DeviceHost, name: string): Promise<void> {
  await endPrintingOut(host.parallel);
  await noticed(host, name, false);
}

/** QEMU says itself whether anybody takes what its guest prints. @throws VM_FAILED */
async function noticed({ qemu }: DeviceHost, name: string, isLed: boolean): Promise<void> {
  for (let waited = 0; (await isPortLed(qemu, name)) !== isLed; waited += 10) {
    if (waited >= NOTICED_MS) throw new AppError('VM_FAILED', `QEMU does not follow what “${name}” leads to`);
    await sleep(10);
  }
}

function noPlace(path: string): AppError {
  return new AppError('DEVICE_IMAGE', `${path} is neither a file nor a port to print to`);
}
