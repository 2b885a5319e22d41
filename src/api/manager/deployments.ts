import { z } from 'zod';
import { Seen } from './seen.ts';

/** The deploys: computers see the last. */
export const DeploymentsAnswer = z.object({
  last: z.object({ serial: z.int(), at: z.string(), expiresAt: z.string() }).exactOptional(),
  /** Those that there were, newest first. */
  past: z.array(z.object({ serial: z.int(), expiresAt: z.string() })),
});
export type DeploymentsAnswer = z.infer<typeof DeploymentsAnswer>;

/** What differs between an earlier deploy and a later one, or the project as it stands, machine by machine. */
export const DifferenceAnswer = z.object({
  machines: z.array(
    z.object({
      vm: z.string(),
      words: z.array(z.string()),
      /** As YAML; one side is not there where the machine was not. */
      before: z.string().exactOptional(),
      after: z.string().exactOptional(),
      /** Of the policy file, where the project is the later side. */
      seen: Seen.exactOptional(),
    }),
  ),
});
export type DifferenceAnswer = z.infer<typeof DifferenceAnswer>;

/** Which policy files whoever goes back has looked at, by machine. */
export const TakeBackRequest = z.strictObject({ seen: z.record(z.string().max(100), Seen) });
export const TakenBackAnswer = z.object({ machines: z.array(z.string()) });
