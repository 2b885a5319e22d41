import { z } from 'zod';

/** The domain whose accounts may open machines: its directory’s address, and who vouches for that. */
export const Domain = z.strictObject({
  /** `ldaps://HOST/DC=…`, or `ldap://` for StartTLS: with the distinguished name of the domain. */
  address: z
    .string()
    .max(2000)
    .regex(/^ldaps?:\/\/[^/\s]+\/(.*,)?DC=[^\s]+$/i, 'is no address of a domain: ldaps://HOST/DC=acme,DC=example'),
  /** The certificates that may vouch for it, in PEM; without it, those that the computer trusts. */
  ca: z
    .string()
    .max(64 << 10)
    .regex(/^-----BEGIN CERTIFICATE-----\n/, 'is no certificate in PEM')
    .exactOptional(),
});
export type Domain = z.infer<typeof Domain>;

/** Its name in DNS: of `…/OU=x,DC=acme,DC=example`, `acme.example`. */
export function domainName({ address }: Domain): string {
  const parts = [...decodeURIComponent(address).matchAll(/[/,]\s*DC=([^,]+)/gi)];
  return parts.map(([, label = '']) => label.trim().toLowerCase()).join('.');
}
