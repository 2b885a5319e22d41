import { z } from 'zod';

/** What whoever changes a file has seen of it: its SHA-256. */
export const Seen = z.string().regex(/^[0-9a-f]{64}$/);
