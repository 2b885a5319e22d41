import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { deviceId } from './devices.ts';
import { dropNode, dropSet, nodeOf, orInUse } from './media.ts';
import type { Qmp } from './qmp.ts';

type Monitor = Pick<Qmp, 'execute'>;

const GONE_MS = 5000;
const LOOK_MS = 10;

const Children = z.array(z.object({ name: z.string() }));
const Blocks = z.array(
  z.object({
    qdev: z.string().optional(),
    inserted: z.object({ 'node-name': z.string().optional() }).optional(),
  }),
);

/**
 * Plugs in what was handed to QEMU as a stick: the bytes of a disk, whatever they are. What the computer cannot write or read is the
 * stick’s fault, and the guest goes on. @throws DEVICE_IN_USE, VM_FAILED
 */
export async function plugStick(qemu: Monitor, name: string, set: number): Promise<void> {
  const node = nodeOf(set);
  const file = { driver: 'file', filename: `/dev/fdset/${set}` };
  await orInUse(qemu.execute('blockdev-add', { driver: 'raw', 'node-name': node, file }));
  try {
    const faults = { werror: 'report', rerror: 'report' };
    const stick = { driver: 'usb-storage', id: deviceId(name), drive: node, removable: true, ...faults };
    await orInUse(qemu.execute('device_add', stick));
  } catch (error) {
    await qemu.execute('blockdev-del', { 'node-name': node });
    throw error;
  }
}

/** Plugs in a device of the computer’s that was handed to QEMU. @throws VM_FAILED */
export async function plugHostDevice(qemu: Monitor, name: string, set: number): Promise<void> {
  await qemu.execute('device_add', { driver: 'usb-host', id: deviceId(name), hostdevice: `/dev/fdset/${set}` });
}

/** Whether a machine has what was plugged in under this name. @throws VM_FAILED */
export async function isPlugged(qemu: Monitor, name: string): Promise<boolean> {
  const children = Children.parse(await qemu.execute('qom-list', { path: '/machine/peripheral' }));
  return children.some((child) => child.name === deviceId(name));
}

/** Whether a device of the computer’s is still in it: QEMU lets go of one that is pulled out there. @throws VM_FAILED */
export async function isStillThere(qemu: Monitor, name: string): Promise<boolean> {
  return z.boolean().parse(await qemu.execute('qom-get', { path: pathOf(name), property: 'attached' }));
}

/** Takes a device of the computer’s away from the guest. @throws VM_FAILED */
export async function pullHostDevice(qemu: Monitor, name: string): Promise<void> {
  const from = z.string().parse(await qemu.execute('qom-get', { path: pathOf(name), property: 'hostdevice' }));
  await qemu.execute('device_del', { id: deviceId(name) });
  await dropSet(qemu, Number(from.replace(/^.*\//, '')));
}

function pathOf(name: string): string {
  return `/machine/peripheral/${deviceId(name)}`;
}

/** Pulls a stick out, whatever the guest does with it. @throws VM_FAILED */
export async function pullStick(qemu: Monitor, name: string): Promise<void> {
  const id = deviceId(name);
  const blocks = Blocks.parse(await qemu.execute('query-block'));
  const block = blocks.find(({ qdev }) => qdev?.startsWith(`${pathOf(name)}/`));
  await qemu.execute('device_del', { id });
  const node = block?.inserted?.['node-name'];
  if (node !== undefined) await whenFree(() => dropNode(qemu, node));
}

/** QEMU lets go of a device a moment after it has said so. */
export async function whenFree(work: () => Promise<void>): Promise<void> {
  for (const end = performance.now() + GONE_MS; ; await sleep(LOOK_MS)) {
    try {
      return await work();
    } catch (error) {
      const isHeld = error instanceof AppError && /is (in use|busy)/.test(error.message);
      if (!isHeld || performance.now() > end) throw error;
    }
  }
}
