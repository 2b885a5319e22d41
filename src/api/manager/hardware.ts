import { z } from 'zod';
import { Seen } from './seen.ts';

const MemoryMiB = z
  .int()
  .min(32)
  .max(1 << 20);
const Cpus = z.int().min(1).max(64);

/** What a machine has and can be given or lose again, as its file says it. */
export const HardwareAnswer = z.object({
  seen: Seen,
  memoryMiB: MemoryMiB,
  cpus: Cpus,
  firmware: z.enum(['bios', 'uefi', 'direct']),
  tpm: z.boolean(),
  secureBoot: z.boolean(),
});
export type HardwareAnswer = z.infer<typeof HardwareAnswer>;

/** What of it changes; what is absent stays as it is. */
export const HardwareRequest = z.strictObject({
  seen: Seen,
  memoryMiB: MemoryMiB.exactOptional(),
  cpus: Cpus.exactOptional(),
  firmware: z.enum(['bios', 'uefi']).exactOptional(),
  tpm: z.boolean().exactOptional(),
  secureBoot: z.boolean().exactOptional(),
});
