import { z } from 'zod';
import { AccessSection } from './parts/access-section.ts';
import { DAY_MS, Duration, Message, SECOND_MS } from './parts/fields.ts';
import { wrongPins } from './parts/pins.ts';
import { Script } from './parts/script.ts';
import { Zones } from './zones.ts';

const MAX_VERSIONS = 1000;
const MAX_SIGNERS = 16;

const Descriptor = z.string().regex(/^0x[0-9A-F]{8}$/, 'is not a descriptor such as 0x7B4C2902');

/** A version of a machine’s software. Order is the order of definition alone (ACE 1.0 p. 142). */
export const Version = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[^\p{Cc}]*$/u, 'has control characters')
    .refine((name) => name === name.trim(), 'begins or ends with a blank'),
  descriptor: Descriptor,
  description: Message.exactOptional(),
  /** This version’s update holds all earlier ones, so it may follow any of them (D6). */
  cumulative: z.literal(true).exactOptional(),
  /** Removed versions stay as a mark, so that their descriptor is never used again. */
  removed: z.literal(true).exactOptional(),
});
export type Version = z.infer<typeof Version>;

/** Whose word for a machine’s version counts, the best last: the guest’s own, its update server’s, the signed package’s. */
export const VersionOrigin = z.enum(['guest', 'signed', 'package']);
export type VersionOrigin = z.infer<typeof VersionOrigin>;

/** The public half of an update server’s Ed25519 key, in hexadecimal. */
const Signer = z.string().regex(/^[0-9a-f]{64}$/, 'is not an Ed25519 public key of 64 hexadecimal digits');

const Messages = z.strictObject({ restricted: Message.exactOptional(), updateAvailable: Message.exactOptional() });

const Interval = Duration(SECOND_MS, DAY_MS).default('5m');
/** What holds once the policy could not be looked up for `maxOffline`. There is no value that means normal access. */
const OnUnreachable = z.enum(['keep', 'restricted', 'refuse']);
const MaxOffline = Duration(SECOND_MS, 365 * DAY_MS);

const Lookup = {
  /** How often the policy is looked up while the machine runs. */
  interval: Interval,
  onUnreachable: OnUnreachable.default('restricted'),
  maxOffline: MaxOffline.default('7d'),
};

const Mode = z.enum(['whitelist', 'blacklist']);
const empty = () => ({ entries: [], exceptions: [] });

/** Whether the rules that hold a machine are out of its user’s hands: not so where the service runs without root. */
export type Enforcement = 'host' | 'guest-only';

/** Other lists on other networks: VMware ACE had that for static quarantine alone (ACE 1.0 p. 234). */
const AnyWithLists = {
  zones: Zones.exactOptional(),
  /** Where the user could change the rules, access is restricted. */
  enforcement: z.literal('host').exactOptional(),
};

/** The name of a version, or null: above all of them. */
const Threshold = z.string().nullable();
export type Threshold = z.infer<typeof Threshold>;

const NoQuarantine = z.strictObject({ type: z.literal('none') });

/** One list, which a package brings. */
const StaticQuarantine = z.strictObject({
  type: z.literal('static'),
  mode: Mode,
  normal: AccessSection,
  ...AnyWithLists,
});

/** One list, which is looked up; before the first look-up there is no access (D1). */
const DynamicQuarantine = z.strictObject({
  type: z.literal('dynamic'),
  mode: Mode,
  normal: AccessSection,
  ...AnyWithLists,
  ...Lookup,
});

/** Normal and restricted access, chosen by the version that the guest reports. */
export const VersionQuarantine = z.strictObject({
  type: z.literal('version-based'),
  mode: Mode.default('whitelist'),
  normal: AccessSection.default(empty),
  restricted: AccessSection.default(empty),
  ...AnyWithLists,
  versions: z.array(Version).max(MAX_VERSIONS).default([]),
  /** This version and newer ones have normal access; without it every version has, with null none has. */
  threshold: Threshold.exactOptional(),
  /** When the threshold was moved to where it is. */
  thresholdAt: z.iso.datetime().exactOptional(),
  /** What it was before that; without it every version had normal access. */
  thresholdBefore: Threshold.exactOptional(),
  /** For so long after that, versions that had normal access before keep it. */
  grace: Duration(SECOND_MS, 365 * DAY_MS).exactOptional(),
  /** What a machine that never reported a version counts as. */
  initial: z.string().exactOptional(),
  /** The least that a version must come from; without it the guest’s own word is enough. */
  versionFrom: VersionOrigin.exactOptional(),
  /** The update servers whose signature makes a report `signed`. */
  signers: z.array(Signer).max(MAX_SIGNERS).exactOptional(),
  messages: Messages.default({}),
  ...Lookup,
});
export type VersionQuarantine = z.infer<typeof VersionQuarantine>;

/** Normal and restricted access, chosen by a plug-in on the computer (ACE 1.0 pp. 232, 248). */
export const CustomQuarantine = z.strictObject({
  type: z.literal('custom'),
  mode: Mode.default('whitelist'),
  normal: AccessSection.default(empty),
  restricted: AccessSection.default(empty),
  ...AnyWithLists,
  script: Script,
  messages: Messages.pick({ restricted: true }).default({}),
  /** How often the plug-in is asked while the machine runs, and the policy looked up where that is done at all. */
  interval: Interval,
  /** Where it is there, the policy is looked up too; where it is not, it comes with packages alone. */
  onUnreachable: OnUnreachable.exactOptional(),
  maxOffline: MaxOffline.exactOptional(),
});
export type CustomQuarantine = z.infer<typeof CustomQuarantine>;

export const Quarantine = z
  .discriminatedUnion('type', [NoQuarantine, StaticQuarantine, DynamicQuarantine, VersionQuarantine, CustomQuarantine])
  .superRefine((quarantine, context) => {
    for (const { path, message } of quarantine.type === 'none' ? [] : wrongPins(quarantine))
      context.addIssue({ code: 'custom', path, message });
  });
export type Quarantine = z.infer<typeof Quarantine>;

/** A quarantine that lives on a policy server (ACE 1.0 p. 231). */
export type LookedUp = Extract<Quarantine, { interval: string }> & { onUnreachable: z.infer<typeof OnUnreachable> };

export function isLookedUp(quarantine: Quarantine): quarantine is LookedUp {
  return 'onUnreachable' in quarantine;
}

/** Descriptors are compared without regard to letter case (D8). */
export function sameDescriptor(a: string, b: string | undefined): boolean {
  return b !== undefined && a.toLowerCase() === b.toLowerCase();
}
