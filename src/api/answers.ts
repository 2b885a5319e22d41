import type { z } from 'zod';
import type { AsJson } from '../lib/json.ts';

/** What a table of routes is made of. */
export type RouteTable = Record<string, { request?: z.ZodType; answer: z.ZodType }>;
/** What a route of a table answers, and what it takes, by its name. */
export type AnswerIn<Routes extends RouteTable, Name extends keyof Routes> = AsJson<z.infer<Routes[Name]['answer']>>;
export type BodyIn<Routes extends RouteTable, Name extends keyof Routes> = Routes[Name] extends {
  request: infer Body extends z.ZodType;
}
  ? z.input<Body>
  : undefined;
