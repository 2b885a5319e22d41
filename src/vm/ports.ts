import { z } from 'zod';
import { chardevId } from './devices.ts';
import { dropSet, setsFor } from './media.ts';
import type { Qmp } from './qmp.ts';

type Monitor = Pick<Qmp, 'execute'>;

const Chardevs = z.array(z.object({ label: z.string(), filename: z.string() }));

/** Leads a serial port to what was handed to QEMU for it, or to nothing; it lets go of what it led to before. @throws VM_FAILED */
export async function leadPort(qemu: Monitor, name: string, set: number | undefined): Promise<void> {
  const device = { device: `/dev/fdset/${set}` };
  const backend = set === undefined ? { type: 'null', data: {} } : { type: 'serial', data: device };
  await qemu.execute('chardev-change', { id: chardevId(name), backend });
  for (const before of await setsFor(qemu, name)) if (before !== set) await dropSet(qemu, before);
}

/** What QEMU says of a socket that nobody is at. */
const NOBODY_THERE = 'disconnected:';

/** Whether a port leads anywhere. @throws VM_FAILED */
export async function isPortLed(qemu: Monitor, name: string): Promise<boolean> {
  const chardevs = Chardevs.parse(await qemu.execute('query-chardev'));
  const port = chardevs.find(({ label }) => label === chardevId(name));
  return port !== undefined && port.filename !== 'null' && !port.filename.startsWith(NOBODY_THERE);
}
