import type { ImageFile } from '../../sys/image-file.ts';

/** Formats of disk images that a machine can be made from. */
export const DISK_FORMATS = ['qcow2', 'raw', 'vmdk', 'vdi', 'vhdx', 'vhd'] as const;
export type DiskFormat = (typeof DISK_FORMATS)[number];

/** What a file is by its first and last bytes: a disk image, or something else that is refused by its name. */
export type Known =
  | { kind: 'disk'; format: Exclude<DiskFormat, 'raw'> }
  | { kind: 'packed' | 'encrypted' | 'foreign'; what: string; remedy: string };

interface Mark {
  /** From the beginning of the file, or before its end where it is negative. */
  at: number;
  bytes: string;
  known: Known;
}

const disk = (at: number, bytes: string, format: Exclude<DiskFormat, 'raw'>): Mark => ({
  ...{ at, bytes },
  known: { kind: 'disk', format },
});

const packed = (at: number, bytes: string, what: string, command: string): Mark => ({
  ...{ at, bytes },
  known: { kind: 'packed', what, remedy: `unpack it with \`${command} FILE\`, and add the disk image that comes out` },
});

const encrypted = (at: number, bytes: string, what: string): Mark => ({
  ...{ at, bytes },
  known: { kind: 'encrypted', what, remedy: 'open it, and add a copy of what is in it' },
});

const foreign = (at: number, bytes: string, what: string, format?: string): Mark => {
  const convert = `write it anew with \`qemu-img convert${format === undefined ? '' : ` -f ${format}`} -O qcow2 FILE NEW\``;
  const elsewhere = 'write it anew as qcow2 with the program that made it';
  return {
    at,
    bytes,
    known: { kind: 'foreign', what, remedy: format === 'none' ? elsewhere : `${convert}, and add NEW` },
  };
};

/** In this order: an archive may begin with anything, so that what stands at the beginning comes first. */
const MARKS: readonly Mark[] = [
  disk(0, 'QFI\u00fb', 'qcow2'),
  disk(0, 'KDMV', 'vmdk'),
  disk(0x40, '\u007f\u0010\u00da\u00be', 'vdi'),
  disk(0, 'vhdxfile', 'vhdx'),
  disk(0, 'conectix', 'vhd'),
  packed(257, 'ustar', 'a tar archive, as every OVA is (`vm add --from` takes an OVA as it is)', 'tar -xf'),
  packed(0, 'PK\u0003\u0004', 'a zip archive', 'unzip'),
  packed(0, '\u001f\u008b', 'compressed with gzip', 'gunzip -k'),
  packed(0, '\u00fd7zXZ\u0000', 'compressed with xz', 'unxz -k'),
  packed(0, '(\u00b5/\u00fd', 'compressed with zstd', 'unzstd'),
  packed(0, 'BZh', 'compressed with bzip2', 'bunzip2 -k'),
  packed(0, '\u0004"M\u0018', 'compressed with lz4', 'unlz4'),
  packed(0, 'LZIP', 'compressed with lzip', 'lzip -dk'),
  packed(0, "7z\u00bc\u00af'\u001c", 'a 7-Zip archive', '7z x'),
  packed(0, 'Rar!\u001a\u0007', 'a RAR archive', 'unrar x'),
  packed(0, 'MSCF', 'a cabinet archive', 'cabextract'),
  packed(0, 'MSWIM\u0000', 'a Windows image (WIM), which is files and no disk', 'wimapply'),
  encrypted(0, 'LUKS\u00ba\u00be', 'a LUKS volume'),
  encrypted(3, '-FVE-FS-', 'a BitLocker volume'),
  encrypted(0, 'age-encryption.org/', 'encrypted with age'),
  encrypted(0, '-----BEGIN PGP', 'encrypted with PGP'),
  // One of fixed size begins with what is on the disk.
  disk(-512, 'conectix', 'vhd'),
  foreign(0, 'QED\u0000', 'a QED disk', 'qed'),
  foreign(0, 'WithoutFreeSpace', 'a Parallels disk', 'parallels'),
  foreign(0, 'WithouFreSpacExt', 'a Parallels disk', 'parallels'),
  foreign(0, 'Bochs Virtual HD Image', 'a Bochs disk', 'bochs'),
  foreign(0, 'COWD', 'a disk of a VMware ESX server', 'vmdk'),
  foreign(0, '# Disk DescriptorFile', 'the description of a VMDK disk that lies in other files', 'vmdk'),
  foreign(-512, 'koly', 'an Apple disk image (DMG)', 'dmg'),
  foreign(0x8001, 'CD001', 'the image of a CD or DVD: make a machine from it, and add that one’s disk', 'none'),
];

/** What stands in the way of each kind; a raw disk has no mark of its own. */
export async function knownAs(file: ImageFile): Promise<Known | undefined> {
  const head = (await file.head(0, 0x8010)).toString('latin1');
  const tail = (await file.head(Math.max(0, file.size - 512), 512)).toString('latin1');
  return MARKS.find(({ at, bytes }) => (at < 0 ? tail : head).startsWith(bytes, Math.max(0, at)))?.known;
}
