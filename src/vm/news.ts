import { z } from 'zod';

const Event = z.discriminatedUnion('event', [
  z.object({ event: z.literal('STOP') }),
  z.object({ event: z.literal('RESUME') }),
  z.object({ event: z.literal('RESET') }),
  z.object({ event: z.literal('SHUTDOWN'), data: z.object({ reason: z.string() }) }),
  z.object({
    event: z.literal('BLOCK_IO_ERROR'),
    data: z.object({
      operation: z.enum(['read', 'write']),
      action: z.enum(['ignore', 'report', 'stop']),
      nospace: z.boolean().default(false),
      reason: z.string(),
    }),
  }),
  z.object({ event: z.literal('GUEST_PANICKED'), data: z.object({ action: z.string() }) }),
  z.object({ event: z.literal('WATCHDOG'), data: z.object({ action: z.string() }) }),
]);

/** What QEMU says of its guest without being asked, as far as somebody should hear of it. */
export type QemuNews = z.infer<typeof Event>;

/** An event of QEMU’s monitor as news; undefined when it is none, or in a form that we do not know. */
export function newsOf(event: unknown): QemuNews | undefined {
  return Event.safeParse(event).data;
}

const ENDS: Readonly<Record<string, string>> = {
  'guest-shutdown': 'its guest shut down',
  'guest-reset': 'its guest was reset, which ends it',
  'guest-panic': 'its guest panicked',
  'host-qmp-quit': 'it was powered off',
  'host-signal': 'it was powered off',
  'host-error': 'QEMU met an error',
};

/** Why a machine ended, by the reason of QEMU’s event SHUTDOWN. */
export function endText(reason: string): string {
  return ENDS[reason] ?? `QEMU says ${reason.slice(0, 100)}`;
}
