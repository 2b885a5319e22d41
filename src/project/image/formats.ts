import type { ImageFile } from '../../sys/image-file.ts';
import type { DiskFormat } from './known.ts';
import { requireWholeQcow2 } from './qcow2-end.ts';
import { requireWholeVdi } from './vdi-end.ts';
import { requireWholeVhd } from './vhd-end.ts';
import { requireWholeVhdx } from './vhdx-end.ts';
import { requireWholeVmdk } from './vmdk-end.ts';

/** What QEMU calls each format. */
export const DRIVERS: Readonly<Record<DiskFormat, string>> = {
  ...{ qcow2: 'qcow2', raw: 'raw', vmdk: 'vmdk', vdi: 'vdi', vhdx: 'vhdx', vhd: 'vpc' },
};

const REQUIRE_WHOLE = {
  ...{ qcow2: requireWholeQcow2, vmdk: requireWholeVmdk, vdi: requireWholeVdi },
  ...{ vhdx: requireWholeVhdx, vhd: requireWholeVhd },
} satisfies Record<Exclude<DiskFormat, 'raw'>, (file: ImageFile) => Promise<void>>;

/** Holds an image to its own tables. @throws DISK_CUT, DISK_INVALID, DISK_ENCRYPTED, DISK_UNCLEAN */
export async function requireWhole(format: Exclude<DiskFormat, 'raw'>, file: ImageFile): Promise<void> {
  await REQUIRE_WHOLE[format](file);
}
