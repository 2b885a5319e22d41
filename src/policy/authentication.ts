import { z } from 'zod';
import { canonicalJson } from '../lib/json.ts';
import { DAY_MS, Duration, Message, SECOND_MS } from './parts/fields.ts';
import { Script } from './parts/script.ts';

/** A user or a group of the project’s domain: what Active Directory takes in a name, and nothing else. */
const Account = z
  .string()
  .max(256)
  .regex(/^[^\p{Cc}"/\\[\]:;|=,+*?<>]+$/u, 'is no account: a name, name@domain, or a security identifier (S-1-5-…)');

/** Users and groups of the project’s domain. */
export const AccountLists = {
  users: z.array(Account).max(10_000).default([]),
  groups: z.array(Account).max(10_000).default([]),
};

/** The classes of characters that a password may have to contain. */
export const PASSWORD_CLASS_NAMES = ['capitals', 'lowercase', 'numerals', 'symbols'] as const;
type PasswordClass = (typeof PASSWORD_CLASS_NAMES)[number];

/** Who may open a machine (ACE 1.0 pp. 82-83). */
export const Authentication = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({
    type: z.literal('password'),
    minimumLength: z.int().min(1).max(128).exactOptional(),
    /** Each class that is named must occur. */
    contents: z.array(z.enum(PASSWORD_CLASS_NAMES)).max(4).default([]),
  }),
  z.strictObject({
    type: z.literal('users-and-groups'),
    ...AccountLists,
    /** Without the domain for so long, counted from when it was asked last; without it, it has to answer each time. */
    offline: Duration(SECOND_MS, 366 * DAY_MS).exactOptional(),
  }),
  /** A file of the project’s `resources/` decides, and what it writes has to be the same at every opening. */
  z.strictObject({
    type: z.literal('script'),
    ...Script.shape,
    /** Shown to whom it does not let in. */
    message: Message.exactOptional(),
  }),
]);
export type Authentication = z.infer<typeof Authentication>;

/** The rules for a machine’s password. */
export type PasswordRules = Extract<Authentication, { type: 'password' }>;

/** The script that opens a machine. */
export type OpeningScript = Extract<Authentication, { type: 'script' }>;

/** Who may open a machine by an account of the domain. */
export type UsersAndGroups = Extract<Authentication, { type: 'users-and-groups' }>;

/** The type goes with the machine; who is on the list is what was looked up since (ACE 1.0 p. 83). */
export function listInForce(installed: UsersAndGroups, lookedUp: Authentication | undefined): UsersAndGroups {
  return lookedUp?.type === 'users-and-groups' ? lookedUp : installed;
}

/** When a change of authentication holds: its list at the next opening, all else with the machine. */
export function authenticationWhen(before: Typed, after: Typed): 'next-start' | 'with-machine' {
  const isList = [before, after].every(({ authentication }) => authentication?.type === 'users-and-groups');
  return isList ? 'next-start' : 'with-machine';
}

interface Typed {
  authentication?: { type: string };
}

const CLASSES: Record<PasswordClass, RegExp> = {
  capitals: /\p{Lu}/u,
  lowercase: /\p{Ll}/u,
  numerals: /\p{Nd}/u,
  symbols: /[\p{P}\p{S}]/u,
};

/** What keeps a text from being a password under these rules (ACE 1.0 p. 82); nothing for one that may be chosen. */
export function passwordProblems({ minimumLength = 1, contents }: PasswordRules, password: string): string[] {
  const missing = contents.filter((name) => !CLASSES[name].test(password));
  const isShort = [...password].length < minimumLength;
  return [
    ...(isShort ? [`at least ${minimumLength} ${minimumLength === 1 ? 'character' : 'characters'}`] : []),
    ...missing.map((name) => CLASS_WORDS[name]),
  ];
}

const CLASS_WORDS: Record<PasswordClass, string> = {
  capitals: 'a capital letter',
  lowercase: 'a small letter',
  numerals: 'a numeral',
  symbols: 'a symbol',
};

/** Which script opens a machine, by what decides whether it is asked for the first time: its name and its arguments. */
export function scriptIdentity({ file, arguments: words }: Pick<OpeningScript, 'file' | 'arguments'>): string {
  return canonicalJson([file, words]);
}

/** The same of a policy; undefined where it opens the machine in another way. */
export function openingScriptOf({ authentication }: { authentication?: Authentication }): string | undefined {
  return authentication?.type === 'script' ? scriptIdentity(authentication) : undefined;
}
