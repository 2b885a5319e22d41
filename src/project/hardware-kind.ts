import { z } from 'zod';

/** Devices that need drivers of their own and are fast, or those that every system knows. */
export const HardwareKind = z.enum(['virtio', 'compatible']);
/** What the machine’s hardware clock tells. */
export const Clock = z.enum(['utc', 'localtime']);
/** What its processor can do: all that the computer’s can, or a level that it stays with wherever it goes on. */
export const ProcessorKind = z.enum(['host', 'x86-64-v2', 'x86-64-v3']);
/** What runs in it: picks the first two where they are not named. */
export const GuestSystem = z.enum(['linux', 'windows', 'other']);

export interface Kinds {
  hardware: z.infer<typeof HardwareKind>;
  clock: z.infer<typeof Clock>;
  processor: z.infer<typeof ProcessorKind>;
}

/** What a machine is made of. Windows has no drivers for virtio at first, and takes its hardware clock for local time. */
export function kindsOf({
  os,
  hardware,
  clock,
  processor = 'host',
}: Partial<Kinds> & { os?: z.infer<typeof GuestSystem> }): Kinds {
  const isWindows = os === 'windows';
  return {
    hardware: hardware ?? (isWindows ? 'compatible' : 'virtio'),
    clock: clock ?? (isWindows ? 'localtime' : 'utc'),
    processor,
  };
}

/** What a machine has or does not have, and packages name where it has it. */
type Switches = 'tpm' | 'secureBoot';

/** The same as packages say it: what they do not name is as it was before there was a choice. */
export function packedKinds(
  file: Parameters<typeof kindsOf>[0] & Partial<Record<Switches, boolean>>,
): Partial<Kinds & Record<Switches, true>> {
  const { hardware, clock, processor } = kindsOf(file);
  return {
    ...(hardware === 'virtio' ? {} : { hardware }),
    ...(clock === 'utc' ? {} : { clock }),
    ...(processor === 'host' ? {} : { processor }),
    ...(file.tpm === true ? { tpm: true } : {}),
    ...(file.secureBoot === true ? { secureBoot: true } : {}),
  };
}
