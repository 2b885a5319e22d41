import { z } from 'zod';
import { FailureText } from './failure.ts';

/** What the service found when it asked its servers, and the proxies that it reaches web servers through. */
export const ServersAnswer = z.object({
  proxies: z.array(z.string()),
  /** Which servers are reached without a proxy, as NO_PROXY names them. */
  except: z.string().exactOptional(),
  servers: z.array(
    z.object({ holds: z.enum(['policies', 'packages']), address: z.string(), failure: FailureText.exactOptional() }),
  ),
});
export type ServersAnswer = z.infer<typeof ServersAnswer>;
