import { z } from 'zod';
import { SecretsRequest } from './machine.ts';
import { DEVICE_PATHS } from './paths.ts';

const Name = z.string().max(40);
/** A whole path on the service’s computer. */
const Path = z
  .string()
  .max(4096)
  .regex(/^\/[^\0]*$/, 'is no whole path: it begins with /');

/** The name of a queue for printers, as the computer’s printing service has it. */
const Queue = z
  .string()
  .max(127)
  .regex(/^[^/\0]+$/, 'is no name of a queue');

/** Connects a device; a name and a password where its policy asks for an account. */
export const ConnectRequest = SecretsRequest.pick({ user: true, password: true }).extend({
  device: Name,
  /** What is connected as it. */
  file: Path.exactOptional(),
  /** Of a printer, the computer’s queue that it is. */
  queue: Queue.exactOptional(),
  /** A guest that holds on to what is there loses it. */
  force: z.boolean().default(false),
});
export type ConnectRequest = z.input<typeof ConnectRequest>;

export const DisconnectRequest = z.strictObject({ device: Name, force: z.boolean().default(false) });
export type DisconnectRequest = z.input<typeof DisconnectRequest>;

/** The computer’s queues for printers, by name. */
export const QueuesAnswer = z.object({ queues: z.array(z.string()) });
export type QueuesAnswer = z.infer<typeof QueuesAnswer>;

/** The devices of a machine’s hardware, and no others. */
export const DevicesAnswer = z.object({
  vm: z.string(),
  devices: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      /** Which devices of the computer it may be, where its project names some: `vendor:product`. */
      named: z.string().exactOptional(),
      /** Of a network card, where it leads: `nat`, where the first one leads, or `isolated`. */
      network: z.string().exactOptional(),
      /** Who may connect it; what a plug-in says is known when it is asked. */
      may: z.enum(['nobody', 'everybody', 'users-and-groups', 'script']),
      /** What is connected as it, and since when in ISO time; while it runs alone. */
      connected: z.object({ what: z.string(), since: z.string() }).exactOptional(),
    }),
  ),
});
export type DevicesAnswer = z.infer<typeof DevicesAnswer>;

/** What the service can be asked about the devices of machines, and a manager about those of the ones that it runs. */
export const DEVICE_ROUTES = {
  devices: { ...DEVICE_PATHS.devices, answer: DevicesAnswer },
  connectDevice: { ...DEVICE_PATHS.connectDevice, request: ConnectRequest, answer: DevicesAnswer },
  disconnectDevice: { ...DEVICE_PATHS.disconnectDevice, request: DisconnectRequest, answer: DevicesAnswer },
  queues: { ...DEVICE_PATHS.queues, answer: QueuesAnswer },
} as const;
