import { AppError } from '../../lib/errors.ts';
import type { Account } from '../../policy/parts/account.ts';
import { type Domain, domainName } from '../../policy/parts/domain.ts';
import { run } from '../../sys/programs/exec.ts';
import { isLocalUser } from '../../sys/programs/users.ts';

/** Samba’s program that asks this computer’s winbind. */
const WBINFO = 'wbinfo';
const ROOT = 0;
const ANSWER_MS = 8000;
/** So many identifiers are looked up at once. */
const NAMES_AT_ONCE = 100;
/** What Samba calls a user, a group of a domain, and a group of a computer of its own. */
const USER = '1';
const GROUPS = ['2', '4'];
/** What winbind is asked with as an argument; a domain of another name is none that it knows. */
const DNS_NAME = /^[a-z0-9_]([a-z0-9_.-]{0,253}[a-z0-9])?$/;

/** A user of this computer, and the groups that he may have to be in. */
export interface Self {
  uid: number;
  /** By name or identifier. */
  groups: readonly string[];
  signal?: AbortSignal;
}

/** Who somebody is in the domain; without his account where that does not answer this computer now. */
export interface SelfKnown {
  sid: string;
  account?: Account;
}

/**
 * Who a user of this computer is in the project’s domain, where the computer has joined that (winbind): by his number, never by his
 * name, which a local account may have too. His groups are those that the computer knows, with those that he is in through others.
 * Nothing for root, for a local account, for one of another domain, and on a computer that has not joined.
 * @throws INTERRUPTED
 */
export async function askComputer(domain: Domain, { uid, groups, signal }: Self): Promise<SelfKnown | undefined> {
  const name = domainName(domain);
  // Winbind has accounts of its domain for root (a domain controller’s administrator) and for numbers of local accounts.
  if (uid === ROOT || !DNS_NAME.test(name) || (await isLocalUser(uid))) return undefined;
  const ask = (...words: string[]) => answer(words, signal);
  const joined = await joinedTo(name, ask);
  const [sid] = identifiers(joined && (await ask(`--uid-to-sid=${uid}`)));
  if (joined === undefined || sid === undefined || !isOf(joined, sid)) return undefined;
  const [answers, user, token] = await Promise.all([
    ask('--ping-dc', `--domain=${joined.short}`),
    ask(`--sid-to-name=${sid}`),
    ask(`--user-sids=${sid}`),
  ]);
  const who = user === undefined ? undefined : named(user);
  const his = identifiers(token);
  if (answers === undefined || his.length === 0 || who?.type !== USER) return { sid };
  const wanted = new Map(groups.map((entry) => [shortOf(entry, name), entry]));
  const groupNames = groups.length === 0 ? [] : await namesOf(joined, his, ask);
  return {
    sid,
    account: {
      ...{ sid, names: [`${who.name}@${name}`, who.name], groups: his.filter((each) => each !== sid) },
      groupNames: groupNames.flatMap((each) => wanted.get(each.toLowerCase()) ?? []),
    },
  };
}

/** A domain that this computer is in, or that is trusted by the one it is in. */
interface Joined {
  /** The name that it has without DNS. */
  short: string;
  /** What the identifiers of all its accounts begin with. */
  prefix: string;
}

type Ask = (...words: string[]) => Promise<string | undefined>;

async function joinedTo(name: string, ask: Ask): Promise<Joined | undefined> {
  const facts = new Map(
    ((await ask(`--domain-info=${name}`)) ?? '').split('\n').map((line) => {
      const [key = '', ...rest] = line.split(':');
      return [key.trim(), rest.join(':').trim()] as const;
    }),
  );
  const [prefix] = identifiers(facts.get('SID'));
  const short = facts.get('Name');
  // What winbind found under that name may be another domain, whose short name it is.
  if (!short || prefix === undefined || facts.get('Alt_Name')?.toLowerCase() !== name) return undefined;
  return { short, prefix };
}

/** The names of those of his groups that are of the domain: by its identifiers, so that no computer’s own group passes for one. */
async function namesOf(joined: Joined, his: readonly string[], ask: Ask): Promise<string[]> {
  const ofDomain = his.filter((sid) => isOf(joined, sid));
  const found: string[] = [];
  for (let at = 0; at < ofDomain.length; at += NAMES_AT_ONCE) {
    const some = ofDomain.slice(at, at + NAMES_AT_ONCE);
    const together = await ask(`--lookup-sids=${some.join(',')}`);
    // One that is gone spoils the answer about all others.
    const lines = together?.split('\n') ?? (await Promise.all(some.map((sid) => ask(`--sid-to-name=${sid}`))));
    for (const line of lines) {
      const group = line === undefined ? undefined : named(line);
      if (group && GROUPS.includes(group.type)) found.push(group.name);
    }
  }
  return found;
}

/** `ACME\alice 1`, with whatever separator the computer has: of a name of Active Directory none is a part. */
function named(line: string): { name: string; type: string } | undefined {
  const [, name, type] = /([^\\/+:;|=,*?<>"[\]]+) (\d+)$/.exec(line.trim()) ?? [];
  return name === undefined || type === undefined ? undefined : { name, type };
}

function isOf({ prefix }: Joined, sid: string): boolean {
  return sid.startsWith(`${prefix}-`) && /^\d+$/.test(sid.slice(prefix.length + 1));
}

/** An entry of a list as the domain has it for short; of another domain, as no name is. */
function shortOf(entry: string, domain: string): string {
  const [short = '', ofDomain] = entry.toLowerCase().split('@');
  return ofDomain === undefined || ofDomain === domain ? short : '';
}

function identifiers(text: string | undefined): string[] {
  return (text ?? '').split('\n').flatMap((line) => /^S-1-\d+(-\d+)+$/.exec(line.trim())?.[0] ?? []);
}

/** What winbind says; nothing where it does not know, does not answer, or is not there. @throws INTERRUPTED */
async function answer(words: readonly string[], signal: AbortSignal | undefined): Promise<string | undefined> {
  try {
    return (await run(WBINFO, words, { timeoutMs: ANSWER_MS, ...(signal ? { signal } : {}) })).stdout;
  } catch (error) {
    if (!(error instanceof AppError && error.code.startsWith('PROGRAM_'))) throw error;
    return undefined;
  }
}
