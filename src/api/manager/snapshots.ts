import { z } from 'zod';

/** The earlier states that an administrator keeps of his own copy of a machine, oldest first. */
export const OwnSnapshotsAnswer = z.object({
  vm: z.string(),
  /** How many may be kept. */
  most: z.int(),
  snapshots: z.array(
    z.object({
      name: z.string(),
      description: z.string().exactOptional(),
      /** ISO time. */
      takenAt: z.string(),
      /** It was suspended, and goes on where it was. */
      withMemory: z.literal(true).exactOptional(),
      /** The machine goes on from this one. */
      isPresent: z.literal(true).exactOptional(),
    }),
  ),
});
export type OwnSnapshotsAnswer = z.infer<typeof OwnSnapshotsAnswer>;
