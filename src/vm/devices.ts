/**
 * What a guest finds in its machine: `virtio`, the fast devices that need drivers of their own, or `compatible`, devices
 * that systems have brought drivers for since Windows 7 and Linux 2.6.
 */
export type DeviceKind = 'virtio' | 'compatible';

/** What the hardware clock tells: Windows takes it for its local time. */
export type ClockBase = 'utc' | 'localtime';

interface Disk {
  /** The node that it shows. */
  drive: string;
  /** 0 for the system disk, 1 for the data disk. */
  place: number;
  /** More properties, each behind a comma. */
  more: string;
}

interface Card {
  netdev: string;
  mac: string;
  /** What QEMU calls it, where somebody speaks of it. */
  id?: string;
}

/** The machine’s six AHCI ports have its drives first, its disks last. */
const FIRST_DISK_PORT = 4;
/** An audio device on which nothing plays. */
const SILENCE = 'silence';
/** A SPICE server for sound: the service alone comes to its socket, and nothing is copied or handed over by it. */
const ALONE = 'disable-ticketing=on,disable-copy-paste=on,disable-agent-file-xfer=on';
/** Both guest ends look for this name before they speak to a second serial port, which elsewhere may be anything. */
const PRODUCT_WITH_SERIAL_CHANNEL = 'Lazaret COM2';

export function diskDevice(kind: DeviceKind, { drive, place, more }: Disk): string[] {
  const device = kind === 'virtio' ? 'virtio-blk-pci' : `ide-hd,bus=ide.${FIRST_DISK_PORT + place}`;
  return ['-device', `${device},drive=${drive}${more}`];
}

/** A card. Whatever it is, the filter stands behind the machine’s tap device. */
export function cardDevice(kind: DeviceKind, { netdev, mac, id }: Card): string[] {
  const device = kind === 'virtio' ? 'virtio-net-pci' : 'e1000e';
  const named = id === undefined ? '' : `,id=${id}`;
  return ['-device', `${device}${named},netdev=${netdev},mac=${mac},romfile=`];
}

/** The console on the first serial port; the channel on a virtio port, or on the second serial one; the agent’s is a virtio port, or none. */
export function portArgs(kind: DeviceKind, sockets: { console: string; guest: string; agent: string }): string[] {
  const channel = socketArgs('guest0', sockets.guest);
  const console = [...socketArgs('console0', sockets.console), '-serial', 'chardev:console0'];
  if (kind === 'compatible')
    return [
      ...console,
      ...channel,
      '-serial',
      'chardev:guest0',
      '-smbios',
      `type=1,product=${PRODUCT_WITH_SERIAL_CHANNEL}`,
    ];
  return [
    ...['-device', 'virtio-serial-pci,max_ports=8', ...channel],
    ...['-device', 'virtserialport,chardev=guest0,name=org.lazaret.guestd.0'],
    ...socketArgs('agent0', sockets.agent),
    ...['-device', 'virtserialport,chardev=agent0,name=com.redhat.spice.0'],
    ...console,
  ];
}

/** The TPM that swtpm is, as Windows 11 and Linux know it; compatible hardware has the older kind of interface. */
export function tpmArgs(kind: DeviceKind, { tpm }: { tpm: string }): string[] {
  const device = kind === 'virtio' ? 'tpm-crb' : 'tpm-tis';
  return [
    ...['-chardev', `socket,id=tpm,path=${tpm}`, '-tpmdev', 'emulator,id=tpm0,chardev=tpm'],
    ...['-device', `${device},tpmdev=tpm0`],
  ];
}

/** A pointer that is where the user’s is, and room for what is plugged in. Windows 7 has no driver for USB 3. */
export function inputArgs(kind: DeviceKind, { hasDevices }: { hasDevices: boolean }): string[] {
  if (kind === 'virtio') return ['-device', 'qemu-xhci', '-device', 'usb-tablet', '-device', 'virtio-rng-pci'];
  const fast = hasDevices ? ['-device', 'usb-ehci'] : [];
  return ['-device', 'ich9-usb-uhci1', ...fast, '-device', 'usb-tablet'];
}

/**
 * A sound card, which systems have had a driver for since Windows Vista and Linux 2.6. What it plays is given out by
 * a screen server of its own, which the service alone connects to. The screen’s is told of a device on which nobody plays: QEMU 7.2 gives
 * out the sound of the first that it has to whoever asks a server that is told of none. Without a mixer, for one that is loaded with a
 * machine’s state is silent until the guest plays anew; guests then have the volume to themselves. Its microphone, where it has one, is a
 * SPICE client: of the audio devices that QEMU has without a window or a sound server of the computer, the one that takes sound in; it
 * hears silence while there is none.
 */
export function soundArgs(
  { sound, microphone }: { sound: string; microphone: string },
  { hasMicrophone }: { hasMicrophone: boolean },
): string[] {
  const [kind, codec] = hasMicrophone ? ['spice', 'hda-micro'] : ['none', 'hda-output'];
  return [
    ...['-audiodev', `none,id=${SILENCE}`, '-audiodev', `${kind},id=sound`],
    ...['-device', 'ich9-intel-hda', '-device', `${codec},audiodev=sound,mixer=off`],
    ...['-vnc', `unix:${sound},audiodev=sound`],
    ...(hasMicrophone ? ['-spice', `unix=on,addr=${microphone},${ALONE}`] : []),
  ];
}

export function screenArgs({ vnc }: { vnc: string }, hasSound: boolean): string[] {
  return ['-display', 'none', '-vnc', `unix:${vnc}${hasSound ? `,audiodev=${SILENCE}` : ''}`];
}

export function clockArgs(clock: ClockBase): string[] {
  return clock === 'utc' ? [] : ['-rtc', 'base=localtime'];
}

function socketArgs(id: string, path: string): string[] {
  return ['-chardev', `socket,id=${id},path=${path},server=on,wait=off`];
}

/** What QEMU calls a device that has this name in its machine. */
export function deviceId(name: string): string {
  return `device-${name}`;
}

/** What QEMU calls that which a port of this name leads to. */
export function chardevId(name: string): string {
  return `port-${name}`;
}
