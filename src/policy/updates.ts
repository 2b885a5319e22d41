import { z } from 'zod';
import { DAY_MS, Duration, SECOND_MS } from './parts/fields.ts';

/** How a new system of a machine proves itself after an update. */
export const Updates = z.strictObject({
  /**
   * How long after a start the guest may take to report itself healthy. One that does not is given up: the next start
   * goes back to the former system.
   */
  healthTimeout: Duration(SECOND_MS, DAY_MS),
});
