import type { PackedMachine } from './manifest.ts';
import type { PackedFile } from './packed-file.ts';

/** The kernel and the initrd of a machine that starts without firmware. */
export function bootFiles({ boot }: PackedMachine): PackedFile[] {
  return boot ? [boot.kernel, ...(boot.initrd ? [boot.initrd] : [])] : [];
}
