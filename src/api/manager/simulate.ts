import { z } from 'zod';
import { VersionOrigin } from '../../policy/quarantine.ts';
import { WhyAnswer } from '../machine.ts';

const Word = z.string().max(1024);

/** What is supposed of a machine, and the place that it asks for. */
export const SimulateRequest = z.strictObject({
  /** The version that it has reported, by name or descriptor; none where it is not said. */
  version: Word.exactOptional(),
  origin: VersionOrigin.exactOptional(),
  zone: Word.exactOptional(),
  /** Now where it is not said. */
  at: z.iso.datetime().exactOptional(),
  /** HOST:PORT; HOST for icmp. */
  to: Word,
  protocol: z.enum(['tcp', 'udp', 'icmp']),
  /** What the plug-in of a custom quarantine says; without it, the project’s own is asked. */
  answer: z.enum(['yes', 'no', 'reject', 'void']).exactOptional(),
});

/** Whether the machine would reach it, by which rule, and which access it would have. */
export const SimulateAnswer = z.object({
  allowed: z.boolean(),
  rule: z.string(),
  access: z.enum(['normal', 'restricted', 'refused']),
  reason: z.string(),
  why: WhyAnswer,
});
export type SimulateAnswer = z.infer<typeof SimulateAnswer>;
