import { z } from 'zod';
import { FailureText } from './failure.ts';
import { MachineAnswer } from './machine.ts';

/** How it stands with the rules for the computer itself. */
const HostAnswer = z.object({
  state: z.enum(['in-force', 'free', 'not-enforced', 'failed']),
  digest: z.string(),
  zone: z.string().exactOptional(),
  mode: z.string().exactOptional(),
  entries: z.int().exactOptional(),
  since: z.string().exactOptional(),
  failure: FailureText.exactOptional(),
});
export type HostAnswer = z.infer<typeof HostAnswer>;

/** All of this computer. `api` is the version of everything here; it stands in the paths too. */
export const StatusAnswer = z.object({
  api: z.literal(1),
  project: z.object({ name: z.string(), fingerprint: z.string() }).exactOptional(),
  /** Why it cannot be told which project it is. */
  projectFailure: FailureText.exactOptional(),
  host: HostAnswer.exactOptional(),
  machines: z.array(MachineAnswer),
  /** Whether the project names an address at which its newest package is; an older service does not say. */
  hasPackageServer: z.boolean().exactOptional(),
});
export type StatusAnswer = z.infer<typeof StatusAnswer>;
