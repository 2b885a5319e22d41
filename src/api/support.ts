import { z } from 'zod';
import { EventAnswer } from './event.ts';
import { StatusAnswer } from './status.ts';

/** What somebody who helps a user wants to see of his computer: text to be read before it is sent, without keys or passwords. */
export const SupportAnswer = z.object({
  /** ISO time. */
  at: z.string(),
  release: z.string(),
  node: z.string(),
  status: StatusAnswer,
  checks: z.array(
    z.object({ what: z.string(), ok: z.boolean(), remedy: z.string(), note: z.string().exactOptional() }),
  ),
  /** The newest last. */
  events: z.array(EventAnswer),
  /** The end of what QEMU said of each machine. */
  logs: z.array(z.object({ vm: z.string(), path: z.string(), text: z.string() })),
});
export type SupportAnswer = z.infer<typeof SupportAnswer>;
