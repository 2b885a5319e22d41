import { z } from 'zod';
import { AccountLists } from './authentication.ts';
import { DEVICE_NAME, MOST_DEVICES } from './parts/machine-devices.ts';
import { Script } from './parts/script.ts';

/** Who may connect and disconnect one device of a machine (ACE 1.0 p. 85). */
export const DeviceRule = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('nobody') }),
  z.strictObject({ type: z.literal('everybody') }),
  /** Accounts of the project’s domain: who connects it gives his name and password. */
  z.strictObject({ type: z.literal('users-and-groups'), ...AccountLists }),
  /** A file of the project’s `resources/` decides, each time (ACE 1.0 p. 247). */
  z.strictObject({ type: z.literal('script'), ...Script.shape }),
]);
export type DeviceRule = z.infer<typeof DeviceRule>;

/** The rules of a machine’s devices, by the names that its hardware gives them. */
export const Devices = z
  .record(z.string().regex(DEVICE_NAME, 'is not a name for a device'), DeviceRule)
  .refine((rules) => Object.keys(rules).length <= MOST_DEVICES, `has more than ${MOST_DEVICES} devices`);
export type Devices = z.infer<typeof Devices>;

const NOBODY: DeviceRule = { type: 'nobody' };

/** Who may connect a device: nobody, where the policy says nothing of it (D11). */
export function ruleOf(devices: Devices | undefined, name: string): DeviceRule {
  return (devices && Object.hasOwn(devices, name) && devices[name]) || NOBODY;
}

/** The plug-ins that rules of devices name. */
export function deviceScripts(devices: Devices | undefined): Script[] {
  return Object.values(devices ?? {}).flatMap((rule) => (rule.type === 'script' ? [rule] : []));
}

/** Whether a device asks who somebody is. */
export function asksAccounts(devices: Devices | undefined): boolean {
  return Object.values(devices ?? {}).some(({ type }) => type === 'users-and-groups');
}
