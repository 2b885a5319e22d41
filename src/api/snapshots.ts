import { z } from 'zod';
import { FailureText } from './failure.ts';

/** What its user calls it: one line, of what can be seen. */
const Name = z.string().regex(/^(?=.*\S)\P{C}{1,80}$/u, 'needs 1 to 80 characters that can be seen, in one line');

export const TakeSnapshotRequest = z.strictObject({ name: Name, description: z.string().max(2000).exactOptional() });

/** Which snapshot is gone back to, or removed; what its user loses is confirmed. */
export const SnapshotRequest = z.strictObject({ name: z.string().max(80), confirmed: z.boolean() });

/** The earlier states that are kept of a machine, oldest first. */
export const SnapshotsAnswer = z.object({
  vm: z.string(),
  /** How many its project lets its user keep; 0 where it lets him keep none. */
  most: z.int(),
  snapshots: z.array(
    z.object({
      name: z.string(),
      description: z.string().exactOptional(),
      /** ISO time. */
      takenAt: z.string(),
      generation: z.int(),
      /** It was suspended, and goes on where it was. */
      withMemory: z.literal(true).exactOptional(),
      /** The machine goes on from this one. */
      isPresent: z.literal(true).exactOptional(),
      /** Why it cannot be gone back to. */
      unusable: FailureText.exactOptional(),
    }),
  ),
});
export type SnapshotsAnswer = z.infer<typeof SnapshotsAnswer>;
