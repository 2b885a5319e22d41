import { z } from 'zod';
import { HOT_FIX_PROBLEMS, HotFixes } from '../../policy/hot-fixes.ts';
import { Seen } from './seen.ts';

const Problem = z.enum(HOT_FIX_PROBLEMS);

/** An answer that was given, as the project’s log has it too. Times are ISO. */
export const AnsweredRow = z.object({
  at: z.string(),
  request: z.string(),
  way: z.enum(['file', 'telephone']),
  vm: z.string(),
  problem: Problem,
  kind: z.enum(['denied', 'days', 'date', 'place', 'password', 'new-password']),
  days: z.int().exactOptional(),
  date: z.string().exactOptional(),
  message: z.string().exactOptional(),
  name: z.string().exactOptional(),
  address: z.string().exactOptional(),
  computer: z.string().exactOptional(),
});
export type AnsweredRow = z.infer<typeof AnsweredRow>;

/** What users may ask hot fixes for, and what was answered, newest first. */
export const HotFixesAnswer = z.object({
  seen: Seen,
  /** The project has the key that answers are signed with. */
  hasKey: z.boolean(),
  offer: HotFixes.exactOptional(),
  answered: z.array(AnsweredRow),
});
export type HotFixesAnswer = z.infer<typeof HotFixesAnswer>;

/** Without an offer there are no hot fixes. */
export const OfferHotFixesRequest = z.strictObject({ seen: Seen, offer: HotFixes.exactOptional() });

const MAX_FILE = 16 << 10;
const Source = z.union([
  z.strictObject({ text: z.string().max(MAX_FILE) }),
  z.strictObject({ letters: z.string().max(400) }),
]);

export const OpenHotFixRequest = Source;

/** A request as its administrator looks at it. */
export const OpenedHotFixAnswer = z.object({
  request: z.string(),
  way: z.enum(['file', 'telephone']),
  vm: z.string(),
  vmId: z.string(),
  problem: Problem,
  /** Its disks are encrypted: the project’s recovery key answers it. */
  recovers: z.boolean(),
  /** What its file says besides; nobody has signed it. */
  told: z
    .object({
      name: z.string(),
      address: z.string(),
      note: z.string(),
      computer: z.string(),
      situation: z.string(),
      madeAt: z.string(),
    })
    .exactOptional(),
  /** Why its computer takes no answer any more. */
  isOver: z.string().exactOptional(),
  answered: z.array(AnsweredRow),
});
export type OpenedHotFixAnswer = z.infer<typeof OpenedHotFixAnswer>;

/** What an administrator says to a request. */
const HotFixWord = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('denied') }),
  z.strictObject({ kind: z.literal('days'), days: z.number() }),
  z.strictObject({ kind: z.literal('date'), date: z.iso.date() }),
  z.strictObject({ kind: z.literal('place') }),
  z.strictObject({ kind: z.literal('password'), password: z.string().max(4096) }),
  z.strictObject({ kind: z.literal('new-password') }),
]);
export type HotFixWord = z.infer<typeof HotFixWord>;

export const ForeseeHotFixRequest = z.strictObject({ source: Source, word: HotFixWord });
export const ForeseenHotFixAnswer = z.object({ text: z.string() });

export const AnswerHotFixRequest = z.strictObject({
  ...{ source: Source, word: HotFixWord },
  message: z.string().max(2000).default(''),
  /** Of the project’s keys. It is used once and kept nowhere. */
  passphrase: z.string().max(4096),
  /** Where encrypted disks are recovered: the text of the key’s file, where it is not in the project’s `keys`. */
  recoveryKey: z
    .strictObject({ text: z.string().max(8192).exactOptional(), passphrase: z.string().max(4096) })
    .exactOptional(),
});

/** An answer, ready to be sent or read out. */
export const AnsweredHotFixAnswer = z.object({
  file: z.string().exactOptional(),
  fileName: z.string().exactOptional(),
  letters: z.string().exactOptional(),
  text: z.string(),
});
export type AnsweredHotFixAnswer = z.infer<typeof AnsweredHotFixAnswer>;
