import { z } from 'zod';
import { AdministratorAccess, checkAdministratorAccess } from './administrator-access.ts';
import { Authentication, authenticationWhen } from './authentication.ts';
import { Clipboard } from './clipboard.ts';
import { CopyProtection } from './copying.ts';
import { Devices } from './devices.ts';
import { checkEncryption, Encryption } from './encryption.ts';
import { Exit } from './exit.ts';
import { Expiration, NEVER } from './expiration.ts';
import { Files } from './files.ts';
import { Preferences } from './preferences.ts';
import { Quarantine } from './quarantine.ts';
import { checkQuarantine } from './reading/check-quarantine.ts';
import type { Problem } from './reading/problem.ts';
import { Reimage } from './reimage.ts';
import { SharedFolder } from './shared-folder.ts';
import { Snapshots } from './snapshots.ts';
import { Troubleshooting } from './troubleshooting.ts';
import { Updates } from './updates.ts';
import type { WHENS } from './when.ts';
import { Window } from './window.ts';

/**
 * When a changed policy of an installed machine holds, if it comes without the machine (ACE 1.0 p. 142):
 * at-once       running machines too
 * next-start    from the machine’s next start on
 * next-update   from the next update of the machine on
 * reinstall     for machines installed from now on; this one stays as it is
 * with-machine  never: the machine must be in the package
 */
export type When = (typeof WHENS)[number];

/** What the rest of the program asks about any policy. */
interface PolicyRow {
  /** What people call it. */
  words: string;
  /** What may stand under its name in `policy.yaml`. */
  schema: z.ZodType;
  /** What it means where it does not stand there; null: nothing at all. */
  absent: unknown;
  when: When;
  /** The same, where it depends on what changes. */
  whenOf?: (before: never, after: never) => When;
  /** What the schema cannot see: settings that contradict others, of this policy or of another. */
  check?: (policies: never) => Problem[];
}

/**
 * Every policy of a machine, by its name in `policy.yaml`. One that is added gets a file of its own, and a row here; whoever
 * reads, compares, packs or enforces policies reads this table and names none.
 */
export const POLICIES = {
  quarantine: {
    words: 'network quarantine',
    schema: Quarantine.default({ type: 'none' }),
    absent: { type: 'none' },
    when: 'at-once',
    check: checkQuarantine,
  },
  /** Whether the machine has IPv6 too, where the computer has it; its lists hold for both. */
  ipv6: { words: 'IPv6', schema: z.boolean().exactOptional(), absent: false, when: 'next-start' },
  updates: { words: 'proof of updates', schema: Updates.exactOptional(), absent: null, when: 'next-update' },
  reimage: {
    words: 'reimage',
    schema: Reimage.exactOptional(),
    absent: { enabled: false },
    when: 'reinstall',
  },
  encryption: {
    words: 'encryption',
    schema: Encryption.exactOptional(),
    absent: Encryption.parse({}),
    when: 'with-machine',
    check: checkEncryption,
  },
  authentication: {
    words: 'authentication',
    schema: Authentication.exactOptional(),
    absent: { type: 'none' },
    when: 'with-machine',
    whenOf: authenticationWhen,
  },
  expiration: {
    words: 'expiration',
    schema: Expiration.exactOptional(),
    absent: NEVER,
    when: 'at-once',
  },
  copyProtection: {
    words: 'copy protection',
    schema: CopyProtection.exactOptional(),
    absent: { enabled: false },
    when: 'next-start',
  },
  troubleshooting: {
    words: 'power commands',
    schema: Troubleshooting.exactOptional(),
    absent: { power: true },
    when: 'at-once',
  },
  exit: {
    words: 'exit behaviour',
    schema: Exit.exactOptional(),
    absent: { behaviour: 'suspend' },
    when: 'at-once',
  },
  snapshots: {
    words: 'snapshots',
    schema: Snapshots.exactOptional(),
    absent: Snapshots.parse({ enabled: false }),
    when: 'at-once',
  },
  devices: {
    words: 'device connection',
    schema: Devices.exactOptional(),
    absent: {},
    when: 'at-once',
  },
  clipboard: {
    words: 'clipboard',
    schema: Clipboard.exactOptional(),
    absent: Clipboard.parse({}),
    when: 'at-once',
  },
  files: { words: 'files', schema: Files.exactOptional(), absent: Files.parse({}), when: 'at-once' },
  sharedFolder: {
    words: 'shared folder',
    schema: SharedFolder.exactOptional(),
    absent: SharedFolder.parse({}),
    when: 'at-once',
  },
  window: { words: 'window', schema: Window.exactOptional(), absent: { fullScreen: false }, when: 'at-once' },
  preferences: {
    words: 'preferences',
    schema: Preferences.exactOptional(),
    absent: { enabled: true },
    when: 'at-once',
  },
  administratorAccess: {
    words: 'administrator access',
    schema: AdministratorAccess.exactOptional(),
    absent: null,
    when: 'at-once',
    check: checkAdministratorAccess,
  },
} as const satisfies Record<string, PolicyRow>;
export type PolicyName = keyof typeof POLICIES;

/** The names of all policies, in the order of the table. */
export const POLICY_NAMES: readonly PolicyName[] = Object.keys(POLICIES).filter(
  (name): name is PolicyName => name in POLICIES,
);
