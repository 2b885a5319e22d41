import { z } from 'zod';
import { Quarantine, Version, VersionOrigin } from '../../policy/quarantine.ts';
import { Seen } from './seen.ts';

/** Machines of users that reported the same, and how many. */
const ReportedGroup = z.object({
  descriptor: z.string().exactOptional(),
  origin: VersionOrigin.exactOptional(),
  enforcement: z.enum(['host', 'guest-only']).exactOptional(),
  access: z.string().exactOptional(),
  machines: z.int(),
});
export type ReportedGroup = z.infer<typeof ReportedGroup>;

/** A machine’s quarantine as its file has it. */
export const QuarantineAnswer = z.object({
  seen: Seen,
  quarantine: Quarantine,
  /** What the project’s users reported last, where the project has reports. */
  reported: z.array(ReportedGroup).exactOptional(),
});
export type QuarantineAnswer = z.infer<typeof QuarantineAnswer>;

const Descriptor = Version.shape.descriptor;
const MAX_CHANGES = 1000;

/** What is wanted of the list of versions; versions are told by their descriptors. */
const VersionDraft = z.strictObject({
  added: z.array(Version.omit({ removed: true })).max(MAX_CHANGES),
  changed: z
    .array(z.strictObject({ descriptor: Descriptor, name: z.string().max(100), description: z.string().max(2000) }))
    .max(MAX_CHANGES),
  removed: z.array(Descriptor).max(MAX_CHANGES),
  /** At a version, or above or below all of them; it stays where this is absent. */
  threshold: z.strictObject({ at: z.union([Descriptor, z.enum(['above-all', 'below-all'])]) }).exactOptional(),
});

export const VersionsRequest = z.strictObject({ seen: Seen, draft: VersionDraft });

/** What was saved, and what is still to be done so that users’ computers hold to it. */
export const SavedAnswer = z.object({ inForce: z.string() });

const MAX_LINES = 10_000;
const Text = z.string().max(2000).exactOptional();
const Lines = z.array(z.string().max(2000)).max(MAX_LINES).exactOptional();

/** What was answered in the wizard; what is absent stays as it is. Whether it may be so, the policy’s own schema says. */
const WizardAnswers = z.strictObject({
  type: z.enum(['none', 'static', 'dynamic', 'version-based', 'custom']).exactOptional(),
  mode: z.enum(['whitelist', 'blacklist']).exactOptional(),
  ...{ normal: Lines, restricted: Lines, normalExceptions: Lines, restrictedExceptions: Lines },
  ...{ restrictedMessage: Text, updateMessage: Text },
  ...{ interval: Text, onUnreachable: Text, maxOffline: Text, grace: Text, initial: Text },
  ...{ script: Text, argument: Lines, timeout: Text, network: z.boolean().exactOptional() },
});

export const WizardRequest = z.strictObject({
  seen: Seen,
  answers: WizardAnswers,
  /** Of version-based quarantine. */
  draft: VersionDraft,
  /** He was shown what goes for good with the type that it was, and goes on. */
  agreesToLoss: z.boolean(),
});

/** What a name stands for now, as this computer resolves it. */
export const ResolvedAnswer = z.object({ addresses: z.array(z.string()) });
