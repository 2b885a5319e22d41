import { z } from 'zod';
import { Duration, SECOND_MS } from './fields.ts';

/** A file of the project’s `resources/`, which is flat. */
export const RESOURCE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

const Argument = z
  .string()
  .max(1000)
  .regex(/^[^\p{Cc}]*$/u, 'has control characters');

/** A plug-in: a program among the project’s resources that the computer asks (ACE 1.0 pp. 73, 244-248). */
export const Script = z.strictObject({
  file: z.string().regex(RESOURCE_NAME, 'is not a name for a resource'),
  arguments: z.array(Argument).max(50).default([]),
  /** How long it may take to answer, all that it starts included. */
  timeout: Duration(SECOND_MS, 60 * SECOND_MS).default('10s'),
  /** Whether it has the computer’s network; without it, none at all. */
  network: z.boolean().default(false),
});
export type Script = z.infer<typeof Script>;
