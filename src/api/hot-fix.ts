import { z } from 'zod';
import { HOT_FIX_PROBLEMS } from '../policy/hot-fixes.ts';
import { Message } from '../policy/parts/fields.ts';

const Problem = z.enum(HOT_FIX_PROBLEMS);
const Line = z.string().regex(/^[^\p{Cc}]*$/u, 'has control characters');

/** Asks for a hot fix of a machine; without a problem it is the one that keeps the machine from starting. */
export const HotFixRequestRequest = z.strictObject({
  problem: Problem.exactOptional(),
  name: Line.min(1).max(100),
  address: Line.max(254).default(''),
  note: Message.default(''),
});

/** A request as it can be sent, or read out. */
export const HotFixRequestedAnswer = z.object({
  vm: z.string(),
  problem: Problem,
  /** The text of the request’s file, and how the file may be called. */
  file: z.string(),
  fileName: z.string(),
  /** Groups of five letters, to be read out where there is no network. */
  letters: z.string(),
  /** ISO time: no answer is taken after it. */
  until: z.string(),
  /** What the project’s policy says of the way: where to send it, whom to call, and what else. */
  email: z.string().exactOptional(),
  subject: z.string().exactOptional(),
  telephone: z.string().exactOptional(),
  instructions: z.string().exactOptional(),
});
export type HotFixRequestedAnswer = z.infer<typeof HotFixRequestedAnswer>;

const MAX_ANSWER = 16 << 10;

/** An answer: the text of its file, or the letters that were read out. */
export const HotFixGivenRequest = z.union([
  z.strictObject({ file: z.string().max(MAX_ANSWER) }),
  z.strictObject({ letters: z.string().max(200) }),
]);
export type HotFixGivenRequest = z.infer<typeof HotFixGivenRequest>;

/** What an answer does, or has done. */
export const HotFixAnswer = z.object({
  vm: z.string(),
  problem: Problem,
  kind: z.enum(['denied', 'renewal', 'place', 'password', 'letters', 'new-password']),
  /** In a sentence. */
  text: z.string(),
  /** The administrator’s own words. */
  message: z.string().exactOptional(),
  /** Of a renewal: ISO time of the first moment that is too late. */
  endsAt: z.string().exactOptional(),
  /** Of a place: the folder in which the machine may run. */
  path: z.string().exactOptional(),
});
export type HotFixAnswer = z.infer<typeof HotFixAnswer>;
