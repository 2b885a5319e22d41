import { z } from 'zod';
import { type AccessEntry, MAX_ENTRY_CHARACTERS, parseEntry } from './access-entry.ts';

const MAX_ENTRIES = 10_000;

/**
 * A line of a policy’s list: read once, and kept as somebody wrote it. In JSON and YAML it is that text again, because the
 * bytes of a policy are signed.
 */
export interface WrittenEntry {
  readonly text: string;
  readonly entry: AccessEntry;
  toJSON(): string;
}

/**
 * The schema of such a line; `problemOf` says what else is wrong with it. What it gave it takes again, as when one setting of a
 * policy is changed.
 */
export function writtenEntry(problemOf: (entry: AccessEntry) => string | undefined = () => undefined) {
  const parsed = z
    .string()
    .max(MAX_ENTRY_CHARACTERS)
    .transform((text, context): WrittenEntry => {
      const entry = parseEntry(text);
      const problem = typeof entry === 'string' ? entry : problemOf(entry);
      if (typeof entry !== 'string' && problem === undefined) return { text, entry, toJSON: ownText };
      context.addIssue({ code: 'custom', message: `“${text}” ${problem}` });
      return z.NEVER;
    });
  return z.preprocess((value) => (isWritten(value) ? value.text : value), parsed);
}

function ownText(this: WrittenEntry): string {
  return this.text;
}

function isWritten(value: unknown): value is WrittenEntry {
  return typeof value === 'object' && value !== null && 'toJSON' in value && value.toJSON === ownText;
}

/** Kinds of traffic that pass to and from machines outside the list (ACE 1.0 p. 232). Printers mean the printing ports. */
export const Exception = z.enum(['dns', 'icmp', 'printers']);
export type Exception = z.infer<typeof Exception>;

/** Where one list leads: its entries, and the traffic that passes all the same. */
export const AccessSection = z.strictObject({
  entries: z.array(writtenEntry()).max(MAX_ENTRIES).default([]),
  exceptions: z.array(Exception).max(8).default([]),
});
export type AccessSection = z.infer<typeof AccessSection>;
