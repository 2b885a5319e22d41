import { AppError } from '../../lib/errors.ts';
import { ruleOf } from '../../policy/devices.ts';
import { DEVICE_NAME, type MachineDevice } from '../../policy/parts/machine-devices.ts';
import { openProject, vmNamed } from '../../project/open.ts';
import { saveVmFile, withProject } from '../../project/save.ts';
import type { VmFile } from '../../project/schema.ts';
import { type DeviceState, deviceFacts } from '../../run/devices/connected-devices.ts';

/** Gives a machine a device; users get it with the next package that has the machine. @throws USAGE, PROJECT_*, VM_UNKNOWN */
export async function addDevice(folder: string, vm: string, name: string, device: MachineDevice): Promise<VmFile> {
  // A schema passes over the one name that every object of JavaScript has.
  if (!DEVICE_NAME.test(name)) throw new AppError('USAGE', `“${name}” is not a name for a device`);
  return changeDevices(folder, vm, (devices) => {
    if (Object.hasOwn(devices, name)) throw new AppError('USAGE', `${vm} has a device “${name}” already`);
    return { ...devices, [name]: device };
  });
}

/** @throws DEVICE_UNKNOWN, PROJECT_*, VM_UNKNOWN */
export async function removeDevice(folder: string, vm: string, name: string): Promise<VmFile> {
  return changeDevices(folder, vm, (devices) => {
    if (!Object.hasOwn(devices, name)) throw new AppError('DEVICE_UNKNOWN', `${vm} has no device “${name}”`);
    const { [name]: _removed, ...others } = devices;
    return others;
  });
}

/** What the project says of a machine’s devices, none of which is connected while it does not run. @throws PROJECT_*, VM_UNKNOWN */
export async function listDevices(folder: string, vm: string): Promise<DeviceState[]> {
  const { file, policy } = vmNamed(await openProject(folder), vm);
  const { devices = {} } = file.value;
  return Object.entries(devices).map(([name, device]) => deviceFacts(name, device, ruleOf(policy.value.devices, name)));
}

type Devices = NonNullable<VmFile['devices']>;

async function changeDevices(folder: string, vm: string, change: (devices: Devices) => Devices): Promise<VmFile> {
  return withProject(folder, async (project) => {
    const found = vmNamed(project, vm);
    const { devices: before = {}, ...others } = found.file.value;
    const devices = change(before);
    const changed = { ...others, ...(Object.keys(devices).length > 0 ? { devices } : {}) };
    await saveVmFile(found, changed);
    return changed;
  });
}
