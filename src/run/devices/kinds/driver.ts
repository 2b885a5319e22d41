import type { MachinePrinter } from '../../../firewall/machine/printer.ts';
import type { DeviceKind, MachineDevice } from '../../../policy/parts/machine-devices.ts';
import type { Qmp } from '../../../vm/qmp.ts';

/** A running machine, as far as its devices are concerned. */
export interface DeviceHost {
  qemu: Pick<Qmp, 'execute'>;
  /** The monitor by which it is handed files. */
  monitor: string;
  /** The socket at which it is heard what its guest prints to its parallel port. */
  parallel: string;
  /** The printer that its guest finds. */
  printer: Pick<MachinePrinter, 'serve' | 'end' | 'isServed'>;
  /** Which page plays what it does, and speaks to it; the player where it is not said. */
  heardIn?: string;
}

/** What is to be connected, by whom. */
export interface Wish {
  /** The file, device or queue of the computer. */
  what: string | undefined;
  /** Whose rights it is opened with; root’s where that is undefined. */
  uid: number | undefined;
  /** A guest that holds on to what is there loses it. */
  isForced: boolean;
}

/** One kind of device: how it is connected to a machine that runs, and how it is taken away again. */
export interface DeviceDriver<Kind extends DeviceKind> {
  /** Gives what is connected then, as its user is told. When it throws, nothing new is. @throws DEVICE_*, FILE_*, PRINTER_*, VM_FAILED */
  connect(host: DeviceHost, name: string, device: DeviceOf<Kind>, wish: Wish): Promise<string>;
  /** @throws DEVICE_LOCKED, VM_FAILED */
  disconnect(host: DeviceHost, name: string, isForced: boolean): Promise<void>;
  /** The guest may have let go of it, or it may be gone from the computer. @throws VM_FAILED */
  isConnected(host: DeviceHost, name: string): Promise<boolean>;
}

export type DeviceOf<Kind extends DeviceKind> = Extract<MachineDevice, { kind: Kind }>;
