import { AppError } from '../../../lib/errors.ts';
import { printerQueues, printingSocket, queueUri } from '../../../sys/printing/queues.ts';
import { nameOfUser, outsideUser } from '../../../sys/programs/users.ts';
import type { DeviceDriver } from './driver.ts';

/** A printer: one of the computer’s queues, which the guest finds at its gateway, as a printer that needs no driver. */
export const printer: DeviceDriver<'printer'> = {
  async connect(host, name, _device, { what, uid }) {
    const queue = chosenQueue(name, await printerQueues(), what);
    const user = await nameOfUser(outsideUser(uid ?? 0));
    await host.printer.serve({ socket: printingSocket(), uri: queueUri(queue), user });
    return queue;
  },
  disconnect: ({ printer: served }) => served.end(),
  isConnected: ({ printer: served }) => served.isServed(),
};

/** The queue that is named, or the only one there is. @throws PRINTER_NONE, PRINTER_SEVERAL */
export function chosenQueue(name: string, queues: readonly string[], wanted: string | undefined): string {
  const [first, ...others] = wanted === undefined ? queues : queues.filter((each) => each === wanted);
  if (first === undefined)
    throw new AppError(
      'PRINTER_NONE',
      wanted === undefined ? 'this computer has no queue for a printer' : `this computer has no queue “${wanted}”`,
    );
  if (others.length === 0) return first;
  const all = queues.join(', ');
  throw new AppError('PRINTER_SEVERAL', `several queues could be “${name}”: ${all}`, { details: { queues } });
}
