import { z } from 'zod';
import { Message } from './fields.ts';
import { Script } from './script.ts';

const Account = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}]+$/u, 'has control characters');

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
    users: z.array(Account).max(10_000).default([]),
    groups: z.array(Account).max(10_000).default([]),
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

/** The settings of it that nothing enforces yet. */
export function unenforcedAuthentication({ authentication }: { authentication?: Authentication }): string[] {
  const isEnforced = authentication === undefined || ENFORCED.includes(authentication.type);
  return isEnforced ? [] : ['authentication.type'];
}

const ENFORCED: readonly Authentication['type'][] = ['none', 'password', 'script'];
