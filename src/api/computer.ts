import { z } from 'zod';

/** What the service knows of the computer it runs on, for the doctor. */
export const ComputerAnswer = z.object({
  /** The folder where machines lie. */
  state: z.string(),
  accel: z.enum(['kvm', 'tcg']),
  /** The newest time that the project has signed here. */
  signedAt: z.iso.datetime().exactOptional(),
});
export type ComputerAnswer = z.infer<typeof ComputerAnswer>;
