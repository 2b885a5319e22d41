import { z } from 'zod';

/** The public half of a project’s recovery key, as age writes it. */
export const RecoveryKey = z.string().regex(/^age1[02-9ac-hj-np-z]{58}$/, 'is not an age recipient');
