import { AppError } from '../../../lib/errors.ts';
import {
  type Bus,
  boundedHardware,
  commonNotes,
  type Described,
  type DescribedDisk,
  guestKinds,
  tpmOf,
} from '../described.ts';
import { deviceNote, type ImportNote, note } from '../notes.ts';
import { childOf, childrenOf, type Element } from './xml.ts';

const BUSES: Readonly<Record<string, Bus>> = {
  ...{ AHCI: 'SATA', PIIX3: 'IDE', PIIX4: 'IDE', ICH6: 'IDE', LsiLogic: 'SCSI', BusLogic: 'SCSI', LsiLogicSas: 'SCSI' },
  ...{ NVMe: 'NVMe', USB: 'USB', VirtioSCSI: 'virtio' },
};
const MAX_NESTING = 64;

/** A machine of VirtualBox. @throws IMPORT_INVALID, IMPORT_UNSUPPORTED, DISK_ENCRYPTED */
export function readBox(root: Element, name: string): Described {
  const machine = childOf(root, 'Machine');
  const hardware = childOf(machine, 'Hardware');
  if (!machine || !hardware) throw new AppError('IMPORT_INVALID', `${name} describes no machine`);
  const disks = disksOf(machine, hardware, name);
  const number = (element: string, key: string) => {
    const text = childOf(hardware, element)?.attributes[key];
    if (text !== undefined && !/^\d{1,9}$/.test(text))
      throw new AppError('IMPORT_INVALID', `${name} has no number for ${element}`);
    return text === undefined ? undefined : Number(text);
  };
  const { notes, ...bounded } = boundedHardware(number('Memory', 'RAMSize'), number('CPU', 'count') ?? 1);
  const isUefi = childOf(hardware, 'Firmware')?.attributes['type']?.toUpperCase().startsWith('EFI') ?? false;
  const cards = childrenOf(childOf(hardware, 'Network'), 'Adapter').filter(isOn).length;
  const trusted = childOf(hardware, 'TrustedPlatformModule')?.attributes['type'] ?? 'None';
  const { notes: tpmNotes, ...tpm } = tpmOf(trusted !== 'None');
  const isWindows = machine.attributes['OSType']?.startsWith('Windows') ?? false;
  return {
    ...bounded,
    ...guestKinds({ isWindows, isLocal: clockOf(hardware) === 'local' }),
    ...tpm,
    firmware: isUefi ? 'uefi' : 'bios',
    disks,
    notes: [...notes, ...commonNotes(disks, cards, isWindows), ...tpmNotes, ...notesOf(machine, hardware)],
  };
}

function isOn({ attributes }: Element): boolean {
  return attributes['enabled'] === 'true' || attributes['enabled'] === '1';
}

/** Its disks in the order of controllers, ports and devices. */
function disksOf(machine: Element, hardware: Element, name: string): DescribedDisk[] {
  const media = childOf(childOf(machine, 'MediaRegistry'), 'HardDisks');
  // Before VirtualBox 7.1 the controllers stood beside the hardware.
  const controllers = childrenOf(
    childOf(hardware, 'StorageControllers') ?? childOf(machine, 'StorageControllers'),
    'StorageController',
  );
  return controllers.flatMap((controller) =>
    childrenOf(controller, 'AttachedDevice')
      .filter(({ attributes }) => attributes['type'] === 'HardDisk')
      .toSorted((a, b) => placeOf(a) - placeOf(b))
      .map((device) =>
        diskOf(
          media,
          childOf(device, 'Image')?.attributes['uuid'] ?? '',
          BUSES[controller.attributes['type'] ?? ''],
          name,
        ),
      ),
  );
}

function placeOf({ attributes: { port = '0', device = '0' } }: Element): number {
  return Number(port) * 100 + Number(device);
}

function diskOf(media: Element | undefined, uuid: string, bus: Bus | undefined, name: string): DescribedDisk {
  const found = mediumOf(media, uuid);
  const location = found?.medium.attributes['location'];
  if (!found || location === undefined)
    throw new AppError('IMPORT_INVALID', `${name} has a disk whose file it does not name`);
  if (found.depth > 0)
    throw new AppError(
      'IMPORT_UNSUPPORTED',
      `${name} has snapshots: make one disk of what it is now with \`VBoxManage clonemedium disk UUID NEW.vdi\`, and say which with --disk`,
    );
  if (childrenOf(found.medium, 'Property').some(({ attributes }) => attributes['name']?.startsWith('CRYPT/')))
    throw new AppError('DISK_ENCRYPTED', `the disk ${JSON.stringify(location.slice(0, 200))} is encrypted`);
  return { file: location, bus };
}

/** The medium of an identifier; within another one it is the difference to that. */
function mediumOf(
  within: Element | undefined,
  uuid: string,
  depth = 0,
): { medium: Element; depth: number } | undefined {
  if (depth > MAX_NESTING) return undefined;
  for (const medium of childrenOf(within, 'HardDisk')) {
    if (uuid !== '' && medium.attributes['uuid'] === uuid) return { medium, depth };
    const below = mediumOf(medium, uuid, depth + 1);
    if (below) return below;
  }
  return undefined;
}

/** `local` or `UTC`. */
function clockOf(hardware: Element | undefined): string | undefined {
  const rtc = childOf(hardware, 'RTC') ?? childOf(childOf(hardware, 'BIOS'), 'RTC');
  return rtc?.attributes['localOrUTC'];
}

function notesOf(machine: Element, hardware: Element): ImportNote[] {
  const audio = childOf(hardware, 'AudioAdapter');
  const folders = childrenOf(childOf(hardware, 'SharedFolders'), 'SharedFolder').length > 0;
  return [
    ...(machine.attributes['stateFile'] === undefined ? [] : [note('suspended')]),
    ...(audio && isOn(audio) ? [deviceNote('sound')] : []),
    ...(folders ? [deviceNote('shared-folders')] : []),
    ...(childOf(hardware, 'Display')?.attributes['accelerate3D'] === 'true' ? [deviceNote('3d')] : []),
  ];
}
