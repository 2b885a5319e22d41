import { z } from 'zod';
import { Secret, Size } from './machine.ts';

const MemoryMiB = z
  .int()
  .min(32)
  .max(1 << 20);
const Cpus = z.int().min(1).max(64);

/** Looks at a machine’s hardware, or changes it, with the administrator’s password. */
export const HardwareRequest = z.strictObject({
  password: Secret.exactOptional(),
  change: z.strictObject({ memoryMiB: MemoryMiB.exactOptional(), cpus: Cpus.exactOptional() }).exactOptional(),
  /** It is as its package brought it again. */
  asPackaged: z.literal(true).exactOptional(),
});
export type HardwareRequest = z.infer<typeof HardwareRequest>;

export const HardwareAnswer = Size.extend({
  vm: z.string(),
  /** What its package brought. */
  packaged: Size,
  /** What this computer has. */
  most: Size,
});
export type HardwareAnswer = z.infer<typeof HardwareAnswer>;
