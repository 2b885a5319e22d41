import { AndFilter, type Client, type Entry, EqualityFilter, OrFilter } from 'ldapts';
import { AppError } from '../../lib/errors.ts';
import { type Account, fullName, isIdentifier } from '../../policy/parts/account.ts';
import { type Domain, domainName } from '../../policy/parts/domain.ts';
import { directoryAddress } from './directory-address.ts';
import { DirectoryClient } from './directory-client.ts';
import { domainFailure } from './domain-failure.ts';

/** What a user in thousands of groups comes to. */
const MAX_ANSWER_BYTES = 4 << 20;
/** So many groups are looked for in one search. */
const NAMES_AT_ONCE = 400;
const ANSWER_MS = 8000;
/** Of all answers together: one that comes in drops has no end. */
const WHOLE_MS = 20_000;

/** Who signs in, and the groups that he may have to be in. */
export interface SignIn {
  user: string;
  password: string;
  /** By name or identifier. */
  groups: readonly string[];
  signal?: AbortSignal;
}

/**
 * Signs somebody in to the project’s domain (Active Directory, over TLS), and says who he is and in which groups: through other
 * groups too, and his primary one; not those that are for mail alone. He is who the directory says, however he wrote his name.
 * @throws PASSWORD_WRONG, ACCOUNT_DISABLED, ACCOUNT_EXPIRED, ACCOUNT_LOCKED, ACCOUNT_PASSWORD, ACCOUNT_NOT_NOW,
 * DOMAIN_UNREACHABLE, DOMAIN_UNSAFE, DOMAIN_INVALID, INTERRUPTED
 */
export async function askDomain(domain: Domain, { user, password, groups, signal }: SignIn): Promise<Account> {
  const name = domainName(domain);
  // An empty name or password would be no login at all, and taken (RFC 4513 §5.1).
  if (user.trim() === '' || password === '') throw new AppError('ACCOUNT_NEEDED', 'a name and a password are needed');
  const address = directoryAddress(domain.address);
  if (!address) throw new AppError('DOMAIN_INVALID', `${domain.address} is no address of a domain`);
  const late = AbortSignal.timeout(WHOLE_MS);
  const ca = domain.ca === undefined ? {} : { ca: Buffer.from(domain.ca) };
  try {
    await using directory = await DirectoryClient.open({
      ...{ address, account: { user: fullName(user, name), password, ...ca } },
      ...{ timeoutMs: ANSWER_MS, signal: signal ? AbortSignal.any([late, signal]) : late },
    });
    return await directory.ask('asking who signed in', MAX_ANSWER_BYTES, (client) => whoIs(client, name, groups));
  } catch (error) {
    throw domainFailure(error, name, late.aborted && !signal?.aborted);
  }
}

async function whoIs(client: Client, domain: string, wanted: readonly string[]): Promise<Account> {
  const root = await entryAt(client, '', ['defaultNamingContext', 'tokenGroups']);
  const [base = ''] = textsIn(root, 'defaultNamingContext');
  if (dnsName(base) !== domain) throw invalid(domain, 'its directory is of another domain');
  const [sid, ...groups] = identifiersIn(root);
  if (sid === undefined) throw invalid(domain, 'its directory does not say who signed in');
  const own = await entryAt(client, `<SID=${sid.hex}>`, ['objectClass', 'sAMAccountName', 'userPrincipalName']);
  const [short] = textsIn(own, 'sAMAccountName');
  if (short === undefined || !textsIn(own, 'objectClass').includes('user'))
    throw invalid(domain, 'its directory has no user for who signed in');
  const his = new Set(groups.map(({ text }) => text));
  const groupNames = await namesAmong(client, {
    base,
    domain,
    wanted: wanted.filter((one) => !isIdentifier(one)),
    his,
  });
  const names = [`${short}@${domain}`, short, ...textsIn(own, 'userPrincipalName')];
  return { sid: sid.text, names, groups: [...his], groupNames };
}

interface Wanted {
  base: string;
  domain: string;
  wanted: readonly string[];
  his: ReadonlySet<string>;
}

/** Which of the groups of these names are his. To look up the few that are listed takes less than the names of all that he has. */
async function namesAmong(client: Client, { base, domain, wanted, his }: Wanted): Promise<string[]> {
  const ofShort = new Map<string, string[]>();
  for (const entry of wanted) {
    const [short = '', ofDomain] = entry.toLowerCase().split('@');
    if (ofDomain === undefined || ofDomain === domain) ofShort.set(short, [...(ofShort.get(short) ?? []), entry]);
  }
  const found: string[] = [];
  const shorts = [...ofShort.keys()];
  for (let at = 0; at < shorts.length; at += NAMES_AT_ONCE) {
    const some = shorts.slice(at, at + NAMES_AT_ONCE).map((short) => equal('sAMAccountName', short));
    const filter = new AndFilter({ filters: [equal('objectClass', 'group'), new OrFilter({ filters: some })] });
    const attributes = ['sAMAccountName', 'objectSid'];
    const options = { scope: 'sub' as const, filter, attributes, explicitBufferAttributes: ['objectSid'] };
    const { searchEntries } = await client.search(base, options);
    for (const entry of searchEntries)
      if (identifiersIn(entry, 'objectSid').some(({ text }) => his.has(text)))
        for (const short of textsIn(entry, 'sAMAccountName')) found.push(...(ofShort.get(short.toLowerCase()) ?? []));
  }
  return found;
}

function equal(attribute: string, value: string): EqualityFilter {
  return new EqualityFilter({ attribute, value });
}

async function entryAt(client: Client, base: string, attributes: string[]): Promise<Entry | undefined> {
  const options = { scope: 'base' as const, attributes, explicitBufferAttributes: ['tokenGroups'] };
  return (await client.search(base, options)).searchEntries[0];
}

function textsIn(entry: Entry | undefined, attribute: string): string[] {
  return [entry?.[attribute] ?? []].flat().filter((value) => typeof value === 'string');
}

/** Security identifiers, as the text that lists have, and as a directory’s own addresses have them ([MS-DTYP] 2.4.2). */
function identifiersIn(entry: Entry | undefined, attribute = 'tokenGroups'): { text: string; hex: string }[] {
  return [entry?.[attribute] ?? []]
    .flat()
    .filter((value) => Buffer.isBuffer(value))
    .filter((bytes) => bytes.length >= 8 && bytes.length === 8 + 4 * bytes.readUInt8(1))
    .map((bytes) => ({ text: identifierText(bytes), hex: bytes.toString('hex') }));
}

function identifierText(bytes: Buffer): string {
  const parts = Array.from({ length: bytes.readUInt8(1) }, (_none, at) => bytes.readUInt32LE(8 + 4 * at));
  return ['S', bytes.readUInt8(0), bytes.readUIntBE(2, 6), ...parts].join('-');
}

/** `DC=acme,DC=example` as a name of DNS. */
function dnsName(base: string): string {
  return base
    .replace(/,?\s*DC=/gi, '.')
    .slice(1)
    .toLowerCase();
}

function invalid(domain: string, why: string): AppError {
  return new AppError('DOMAIN_INVALID', `${domain}: ${why}`);
}
