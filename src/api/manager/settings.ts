import { z } from 'zod';
import { Seen } from './seen.ts';

const Address = z.string().max(2000);

/** What `lazaret.yaml` says of the project itself; an address that is empty is none. */
export const SettingsAnswer = z.object({
  seen: Seen,
  name: z.string(),
  policyServer: z.string(),
  packageServer: z.string(),
  domain: z.string(),
  /** In PEM. */
  domainCa: z.string(),
});
export type SettingsAnswer = z.infer<typeof SettingsAnswer>;

export const SettingsRequest = z.strictObject({
  seen: Seen,
  name: z.string().max(1000),
  policyServer: Address,
  packageServer: Address,
  domain: Address,
  domainCa: z.string().max(64 << 10),
});
