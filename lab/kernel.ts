import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

/** What a guest of each kind of hardware needs, in the order they must be loaded; a kernel that has one built in brings no file for it. */
const VIRTIO = [
  ...['virtio_ring', 'virtio', 'virtio_pci_legacy_dev', 'virtio_pci_modern_dev', 'virtio_pci'],
  ...['virtio_console', 'failover', 'net_failover', 'virtio_net', 'virtio_blk', 'evdev', 'button'],
  ...['pvpanic', 'pvpanic-mmio'],
];
/** Nothing of virtio is among them. */
const COMPATIBLE = [
  ...['scsi_common', 'scsi_mod', 'libata', 'libahci', 'ahci', 'crct10dif_common', 'crct10dif_generic', 'crc-t10dif'],
  ...['crc64', 'crc64_rocksoft_generic', 'crc64-rocksoft', 't10-pi', 'sd_mod', 'ptp', 'pps_core', 'e1000e'],
  ...['crc32c_generic', 'crc16', 'mbcache', 'jbd2', 'ext4', 'evdev', 'button'],
];
/** With what a kernel of computers, not of clouds, finds in a machine: drives, USB, ports. */
const DEVICES = [
  ...VIRTIO,
  ...['crc16', 'mbcache', 'jbd2', 'crc32c_generic', 'ext4'],
  ...['crct10dif_common', 'crc-t10dif', 'crc64', 'crc64-rocksoft', 't10-pi', 'scsi_common', 'scsi_mod', 'sd_mod'],
  ...['cdrom', 'sr_mod', 'libata', 'libahci', 'ahci'],
  ...['usb-common', 'usbcore', 'xhci-hcd', 'xhci-pci', 'usb-storage'],
  ...['parport', 'parport_pc', 'lp'],
  // Sound, and the old way to play it: a file that bytes are written to.
  ...[
    'soundcore',
    'snd',
    'snd-timer',
    'snd-pcm',
    'snd-hwdep',
    'snd-intel-sdw-acpi',
    'snd-intel-dspcfg',
    'snd-hda-core',
  ],
  ...['snd-hda-codec', 'ledtrig-audio', 'snd-hda-codec-generic', 'snd-hda-intel', 'snd-mixer-oss', 'snd-pcm-oss'],
];
/** With what mounts a CD’s file system. */
const CLOUD = [...VIRTIO, 'cdrom', 'isofs'];
export const DRIVERS = { virtio: VIRTIO, cloud: CLOUD, compatible: COMPATIBLE, devices: DEVICES };
const MAX_BYTES = 256 << 20;

/** Unpacks the packages of a distribution’s kernel, and puts the modules a virtual machine needs into a folder. */
export function unpackKernel(
  packages: readonly string[],
  unpacked: string,
  modules: string,
  drivers: readonly string[] = VIRTIO,
): string {
  for (const path of packages) execFileSync('dpkg', ['-x', path, unpacked]);
  mkdirSync(modules, { recursive: true });
  for (const [index, name] of drivers.entries()) {
    const [path] = globSync(`{usr/,}lib/modules/*/kernel/**/${name}.ko{,.xz,.zst}`, { cwd: unpacked });
    if (path === undefined) continue;
    const bytes = readFileSync(join(unpacked, path));
    writeFileSync(join(modules, `${String(index).padStart(2, '0')}-${name}.ko`), decompressed(bytes) ?? bytes);
  }
  const [kernel] = globSync('boot/vmlinuz-*', { cwd: unpacked });
  if (kernel === undefined) throw new Error(`no kernel in ${packages.map((path) => basename(path)).join(', ')}`);
  return join(unpacked, kernel);
}

/**
 * The kernel inside a bzImage, which QEMU starts as it is (PVH): without acceleration that saves half a second of
 * unpacking at each start. The image itself where its compression is unknown here.
 */
export function uncompressedKernel(image: Buffer): Buffer {
  // Offsets of the x86 boot protocol: setup_sects, payload_offset, payload_length.
  const start = ((image[0x1f1] || 4) + 1) * 512 + image.readUInt32LE(0x248);
  const payload = image.subarray(start, start + image.readUInt32LE(0x24c));
  // The kernel’s build appends the length in four bytes, where the format does not end with it as gzip’s does.
  const kernel = decompressed(isGzip(payload) ? payload : payload.subarray(0, -4));
  return kernel?.subarray(1, 4).equals(Buffer.from('ELF')) ? kernel : image;
}

/** Undefined when the bytes are not compressed in a way known here. */
function decompressed(bytes: Buffer): Buffer | undefined {
  if (isGzip(bytes)) return gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
  switch (bytes.readUInt32BE(0)) {
    case 0x28b52ffd:
      return zstdDecompressSync(bytes, { maxOutputLength: MAX_BYTES });
    case 0xfd377a58:
      return execFileSync('xz', ['-dcq'], { input: bytes, maxBuffer: MAX_BYTES });
    case 0x02214c18:
      return execFileSync('lz4', ['-dcq'], { input: bytes, maxBuffer: MAX_BYTES });
    default:
      return undefined;
  }
}

function isGzip(bytes: Buffer): boolean {
  return bytes.readUInt16BE(0) === 0x1f8b;
}
