import { join } from 'node:path';
import { namesIn } from './files/folders.ts';
import { readKernelFile } from './files/kernel.ts';

const MAX_WORDS = 100;
const KERNEL = '/sys/bus/usb/devices';

/** A USB device of this computer. */
export interface PresentUsb {
  /** Its file: `/dev/bus/usb/001/004`. */
  path: string;
  /** Hexadecimal digits, as the kernel writes them. */
  vendor: string;
  product: string;
  /** Its own class, and those of its interfaces. */
  classes: readonly string[];
  /** What it calls itself: bytes that its maker, or whoever made it, has chosen. */
  words: string;
}

/** The USB devices that this computer has now, as its kernel describes them; none where it has no USB. */
export async function usbDevices(kernel = KERNEL): Promise<PresentUsb[]> {
  const names = await namesIn(kernel);
  const found = names.filter((name) => !name.includes(':')).map((name) => describe(kernel, name, names));
  return (await Promise.all(found)).filter((device) => device !== undefined);
}

async function describe(kernel: string, name: string, names: readonly string[]): Promise<PresentUsb | undefined> {
  const read = async (from: string, file: string) => ((await readKernelFile(join(kernel, from, file))) ?? '').trim();
  const own = (file: string) => read(name, file);
  const [vendor, product, bus, device] = await Promise.all(['idVendor', 'idProduct', 'busnum', 'devnum'].map(own));
  if (!vendor || !product || !bus || !device) return undefined;
  const interfaces = names.filter((each) => each.startsWith(`${name}:`));
  const classes = [own('bDeviceClass'), ...interfaces.map((each) => read(each, 'bInterfaceClass'))];
  return {
    path: `/dev/bus/usb/${bus.padStart(3, '0')}/${device.padStart(3, '0')}`,
    ...{ vendor, product, classes: [...new Set((await Promise.all(classes)).filter(Boolean))] },
    words: plain([await own('manufacturer'), await own('product')].filter(Boolean).join(' ')),
  };
}

function plain(words: string): string {
  return words.replace(/\p{C}/gu, '?').slice(0, MAX_WORDS);
}
