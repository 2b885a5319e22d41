import { z } from 'zod';
import { MAX_ENTRY_CHARACTERS, parseEntry } from './access-entry.ts';

const MAX_ENTRIES = 10_000;

const Entry = z
  .string()
  .max(MAX_ENTRY_CHARACTERS)
  .superRefine((text, context) => {
    const entry = parseEntry(text);
    if (typeof entry === 'string') context.addIssue({ code: 'custom', message: `“${text}” ${entry}` });
  });

/** Kinds of traffic that pass to and from machines outside the list (ACE 1.0 p. 232). Printers mean the printing ports. */
export const Exception = z.enum(['dns', 'icmp', 'printers']);
export type Exception = z.infer<typeof Exception>;

/** Where one list leads: its entries, and the traffic that passes all the same. */
export const AccessSection = z.strictObject({
  entries: z.array(Entry).max(MAX_ENTRIES).default([]),
  exceptions: z.array(Exception).max(8).default([]),
});
export type AccessSection = z.infer<typeof AccessSection>;
