import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { deviceId } from './devices.ts';
import type { Qmp } from './qmp.ts';

type Monitor = Pick<Qmp, 'execute'>;

/** The first set of descriptors that is handed to a machine while it runs; those of its start have small numbers. */
const FIRST_SET = 1000;

const Sets = z.array(
  z.object({ 'fdset-id': z.int(), fds: z.array(z.object({ opaque: z.string().optional() })).default([]) }),
);
const Drives = z.array(
  z.object({
    qdev: z.string().optional(),
    tray_open: z.boolean().default(false),
    inserted: z.object({ 'node-name': z.string().optional() }).optional(),
  }),
);

/** What is in a drive of a machine. */
export interface DriveState {
  /** The node of what is in it. */
  node: string | undefined;
  isOpen: boolean;
}

/** The number of a set of descriptors that QEMU does not have yet. @throws VM_FAILED */
export async function freeSet(qemu: Monitor): Promise<number> {
  const sets = Sets.parse(await qemu.execute('query-fdsets')).map((set) => set['fdset-id']);
  return Math.max(FIRST_SET - 1, ...sets) + 1;
}

/** QEMU lets go of what it was handed. @throws VM_FAILED */
export async function dropSet(qemu: Monitor, set: number): Promise<void> {
  const sets = Sets.parse(await qemu.execute('query-fdsets'));
  if (sets.some((each) => each['fdset-id'] === set)) await qemu.execute('remove-fd', { 'fdset-id': set });
}

/** The sets that QEMU was handed for a device. @throws VM_FAILED */
export async function setsFor(qemu: Monitor, name: string): Promise<number[]> {
  const sets = Sets.parse(await qemu.execute('query-fdsets'));
  return sets.filter(({ fds }) => fds.some(({ opaque }) => opaque === name)).map((set) => set['fdset-id']);
}

/** How it stands with a machine’s drive. @throws VM_FAILED */
export async function driveState(qemu: Monitor, name: string): Promise<DriveState> {
  const drives = Drives.parse(await qemu.execute('query-block'));
  const drive = drives.find(({ qdev }) => qdev === deviceId(name));
  if (!drive) throw new AppError('VM_FAILED', `QEMU has no drive “${name}”`);
  return { node: drive.inserted?.['node-name'], isOpen: drive.tray_open };
}

/**
 * Makes what was handed to QEMU a disc. Its format is not looked for: it is the bytes of the disc, whatever they are, so that no image
 * leads to another file. @throws DEVICE_IN_USE, VM_FAILED
 */
export async function addDisc(qemu: Monitor, set: number, driver: 'file' | 'host_cdrom'): Promise<string> {
  const node = nodeOf(set);
  const file = { driver, filename: `/dev/fdset/${set}`, 'read-only': true };
  await orInUse(qemu.execute('blockdev-add', { driver: 'raw', 'node-name': node, 'read-only': true, file }));
  return node;
}

/**
 * Puts a disc into a drive, in place of what is in it, or takes that out. A guest that has locked its drive is asked to let go, and keeps
 * it unless it is forced. What cannot be changed is as it was. @throws DEVICE_LOCKED, DEVICE_IN_USE, VM_FAILED
 */
export async function changeDisc(
  qemu: Monitor,
  name: string,
  disc: string | undefined,
  isForced: boolean,
): Promise<void> {
  const id = deviceId(name);
  const { node: before } = await driveState(qemu, name);
  await qemu.execute('blockdev-open-tray', { id, force: isForced });
  if (!(await driveState(qemu, name)).isOpen)
    throw new AppError('DEVICE_LOCKED', `the guest uses the disc in “${name}” and has locked the drive`);
  await qemu.execute('blockdev-remove-medium', { id });
  const insert = (wanted: string) => qemu.execute('blockdev-insert-medium', { id, 'node-name': wanted });
  try {
    if (disc !== undefined) await orInUse(insert(disc));
  } catch (error) {
    if (before !== undefined) await insert(before);
    throw error;
  } finally {
    await qemu.execute('blockdev-close-tray', { id });
  }
  if (before !== undefined) await dropNode(qemu, before);
}

/** Removes a node of ours, and the descriptors that it was made from. @throws VM_FAILED */
export async function dropNode(qemu: Monitor, node: string): Promise<void> {
  await qemu.execute('blockdev-del', { 'node-name': node });
  const set = setOf(node);
  if (set !== undefined) await dropSet(qemu, set);
}

/** @throws DEVICE_IN_USE, VM_FAILED */
export async function orInUse(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof AppError) || !/Failed to get .*lock/.test(error.message)) throw error;
    throw new AppError('DEVICE_IN_USE', 'another program or machine uses this image, and one of them writes to it', {
      cause: error,
    });
  }
}

export function nodeOf(set: number): string {
  return `medium-${set}`;
}

function setOf(node: string): number | undefined {
  const [, digits] = /^medium-(\d+)$/.exec(node) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
