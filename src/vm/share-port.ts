import { z } from 'zod';
import type { Qmp } from './qmp.ts';
import { whenFree } from './usb.ts';

type Monitor = Pick<Qmp, 'execute'>;

const PORT = 'share-port';
const CHARDEV = 'share';
/** What spice-webdavd waits for in the guest, Linux or Windows. */
const NAME = 'org.spice-space.webdav.0';

const Children = z.array(z.object({ name: z.string() }));
const Chardevs = z.array(z.object({ label: z.string() }));

/** Gives a running machine the port by which its guest finds a shared folder; QEMU listens at the path for whoever serves it. @throws VM_FAILED */
export async function plugSharePort(qemu: Monitor, path: string): Promise<void> {
  if (await hasSharePort(qemu)) return;
  const addr = { type: 'unix', data: { path } };
  const backend = { type: 'socket', data: { addr, server: true, wait: false } };
  await pullSharePort(qemu);
  await qemu.execute('chardev-add', { id: CHARDEV, backend });
  await qemu.execute('device_add', { driver: 'virtserialport', id: PORT, chardev: CHARDEV, name: NAME });
}

/** Takes it away; the guest is told, and need not let go. @throws VM_FAILED */
export async function pullSharePort(qemu: Monitor): Promise<void> {
  if (await hasSharePort(qemu)) await qemu.execute('device_del', { id: PORT });
  const chardevs = Chardevs.parse(await qemu.execute('query-chardev'));
  if (chardevs.some(({ label }) => label === CHARDEV))
    await whenFree(async () => void (await qemu.execute('chardev-remove', { id: CHARDEV })));
}

async function hasSharePort(qemu: Monitor): Promise<boolean> {
  const children = Children.parse(await qemu.execute('qom-list', { path: '/machine/peripheral' }));
  return children.some(({ name }) => name === PORT);
}
