import { z } from 'zod';

/**
 * What comes of a machine whose player is closed (ACE 1.0 pp. 226, 229): it is suspended, or shut down; with `ask` its user decides when he
 * closes the player, and it is suspended where he does not.
 */
export const Exit = z.strictObject({ behaviour: z.enum(['suspend', 'power-off', 'ask']) });
export type ExitBehaviour = z.infer<typeof Exit>['behaviour'];
