import { z } from 'zod';

/** Which part of the page is to be opened. */
export const OpenRequest = z.strictObject({ to: z.string().startsWith('/').max(200) });

/** An address on this computer that opens the page once, within two minutes. */
export const OpenAnswer = z.object({ url: z.string() });
export type OpenAnswer = z.infer<typeof OpenAnswer>;

/** All pages of whoever asks are over: their sessions, and the links to them. */
export const ClosedPagesAnswer = z.object({ closed: z.literal(true) });
