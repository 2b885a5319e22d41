import { z } from 'zod';
import { HOT_FIX_PROBLEMS } from '../policy/hot-fixes.ts';
import { VersionOrigin } from '../policy/quarantine.ts';
import { FailureCode, FailureText } from './failure.ts';

/** A name of a machine’s lists, and what it stands for now. */
export const NameAnswer = z.object({
  name: z.string(),
  /** Whether its guest reaches it under synthetic addresses. */
  pinned: z.literal(true).exactOptional(),
  addresses: z.array(z.string()),
  secondsLeft: z.number().exactOptional(),
  /** ISO time. */
  unresolvedSince: z.string().exactOptional(),
  code: z.string().exactOptional(),
});
export type NameAnswer = z.infer<typeof NameAnswer>;

/** A destination that the filter refused lately. */
const DeniedAnswer = z.object({
  address: z.string(),
  protocol: z.string(),
  port: z.int().exactOptional(),
  packets: z.int(),
  /** Whether the list in force lets it pass now, and the entry or the mode that decides. */
  allowed: z.boolean().exactOptional(),
  rule: z.string().exactOptional(),
});

/** Memory and processors. */
export const Size = z.object({ memoryMiB: z.int(), cpus: z.int() });

/** Why it has its access, for who says it in another language: a code, and what stands in its sentence. */
export const WhyAnswer = z.object({
  code: z.string(),
  /** The version that is due. */
  next: z.string().exactOptional(),
  /** ISO time when what is tolerated ends. */
  until: z.string().exactOptional(),
});
export type WhyAnswer = z.infer<typeof WhyAnswer>;

/** A machine that is installed here: running, stopped, or damaged with code, reason and remedy. */
export const MachineAnswer = z.object({
  vm: z.string(),
  /** The number of the user whose it is; without it, it is everybody’s. */
  owner: z.int().exactOptional(),
  state: z.enum(['running', 'paused', 'stopping', 'suspending', 'suspended', 'stopped', 'damaged']),
  /** Why a paused one stands still. */
  stands: FailureText.exactOptional(),
  /** How far its memory is saved, while it is suspended. */
  saved: z.object({ doneBytes: z.number(), totalBytes: z.number() }).exactOptional(),
  generation: z.int().exactOptional(),
  /** The generation that the next start uses, where another one runs. */
  waiting: z.int().exactOptional(),
  /** The generation that a roll back leads to. */
  former: z.int().exactOptional(),
  /** How its trial goes, while it has one to pass. */
  trial: z.string().exactOptional(),
  /** What the administrator made of its hardware here, and what its package brought. */
  hardware: z.object({ memoryMiB: z.int(), cpus: z.int(), packaged: Size }).exactOptional(),
  /** Whoever knows the administrator’s password may change its hardware. */
  canAdminister: z.literal(true).exactOptional(),
  /** The problems that its user may ask a hot fix for. */
  hotFixes: z.array(z.enum(HOT_FIX_PROBLEMS)).readonly().exactOptional(),
  /** Its policy asks for a password. */
  password: z.literal(true).exactOptional(),
  notes: z.string().exactOptional(),
  descriptor: z.string().exactOptional(),
  version: z.string().exactOptional(),
  /** Whose word the version is. */
  origin: VersionOrigin.exactOptional(),
  zone: z.string().exactOptional(),
  access: z.enum(['normal', 'restricted', 'refused']).exactOptional(),
  reason: z.string().exactOptional(),
  why: WhyAnswer.exactOptional(),
  message: z.string().exactOptional(),
  code: z.string().exactOptional(),
  remedy: z.string().exactOptional(),
  /** Of a damaged one: what led to it. */
  causes: z.array(z.string()).readonly().exactOptional(),
  accel: z.string().exactOptional(),
  enforcement: z.enum(['host', 'guest-only']).exactOptional(),
  startedAt: z.string().exactOptional(),
  /** ISO time when it was suspended: its next start goes on there. */
  suspendedAt: z.string().exactOptional(),
  /** ISO time since when its guest is known to have its address; none while it has not. */
  readySince: z.string().exactOptional(),
  /** What its guest tools last said: whether its own health command succeeds, and which channel they found. */
  guest: z.object({ healthy: z.boolean(), port: z.enum(['virtio', 'serial']) }).exactOptional(),
  /** How long it may be used: ISO time of the first moment that is too late, and the administrator’s text where one is due. */
  expiration: z
    .object({
      state: z.enum(['valid', 'warned', 'expired']),
      endsAt: z.string(),
      daysLeft: z.int(),
      message: z.string().exactOptional(),
    })
    .exactOptional(),
  /** Why a stopped one would not start now. */
  cannotStart: FailureText.exactOptional(),
  policySerial: z.int().exactOptional(),
  lookedUpAt: z.string().exactOptional(),
  /** Where the last look-up failed: why, and since when they do. */
  lookUpFailed: z.object({ code: FailureCode, reason: z.string(), since: z.string() }).exactOptional(),
  /** What its project lets its user do with it (how many snapshots he may keep), and whether it is shown on the full screen alone. */
  rights: z
    .object({
      power: z.boolean(),
      snapshots: z.int(),
      /** Which files may be put into it. */
      files: z.object({ hostToGuest: z.boolean(), mostMiB: z.int() }).exactOptional(),
      /** Whether what was copied passes, each way by itself. */
      clipboard: z.object({ hostToGuest: z.boolean(), guestToHost: z.boolean(), mostKiB: z.int() }).exactOptional(),
      /** How he may share a folder with it. */
      sharedFolder: z.enum(['nobody', 'read-only', 'read-write']).exactOptional(),
      fullScreen: z.boolean(),
      preferences: z.boolean(),
      /** What comes of it when its player is closed. */
      exit: z.enum(['suspend', 'power-off', 'ask']).exactOptional(),
    })
    .exactOptional(),
  /** What its project has set and its user cannot change: each policy by its name, in a word. */
  settings: z.object({ memoryMiB: z.int(), cpus: z.int(), policies: z.record(z.string(), z.string()) }).exactOptional(),
  /** The folder of its user’s that its guest has, by whose rights, and since when (ISO time). */
  sharedFolder: z
    .object({ path: z.string(), readOnly: z.boolean(), since: z.string(), uid: z.int().exactOptional() })
    .exactOptional(),
  /** It has devices that may be connected, by whom its policy lets. */
  hasDevices: z.literal(true).exactOptional(),
  /** The project lets its user put it back to how it was installed. */
  canReimage: z.literal(true).exactOptional(),
  /** Another program’s rules that stop on the computer what the machine may send, and what lets it through. */
  stoppedBy: z.object({ program: z.string(), command: z.string() }).exactOptional(),
  /** What its network is made of instead of the usual, because its computer has `taken` on the interface `by`. */
  moved: z.array(z.object({ subnet: z.string(), taken: z.string(), by: z.string(), to: z.string() })).exactOptional(),
  /** What has come up on its computer since, where its own subnets are: it does not reach that. */
  clashes: z.array(z.object({ subnet: z.string(), taken: z.string(), by: z.string() })).exactOptional(),
  /** Whom the guest’s names are asked of; none, and no name resolves. ISO time since when none of them answers. */
  resolvers: z.object({ addresses: z.array(z.string()), silentSince: z.string().exactOptional() }).exactOptional(),
  names: z.array(NameAnswer).exactOptional(),
  /** Of one machine that was asked for alone. */
  denied: z.array(DeniedAnswer).exactOptional(),
});
export type MachineAnswer = z.infer<typeof MachineAnswer>;

/** What is carried nowhere but in bodies. */
export const Secret = z.string().max(4096);

/**
 * What opens a machine whose policy asks for a password, or for an account, then with its name: the password; `newPassword` where none was chosen yet, both where
 * another one is to be chosen. Secrets are carried nowhere but in bodies.
 */
export const SecretsRequest = z.strictObject({
  user: z.string().max(1000).exactOptional(),
  password: Secret.exactOptional(),
  newPassword: Secret.exactOptional(),
});
export type SecretsRequest = z.infer<typeof SecretsRequest>;

/**
 * A start may be asked for without a body. `discard` boots a machine although it is suspended: what was in its memory alone is
 * lost.
 */
export const StartRequest = z.preprocess(
  (body) => body ?? {},
  SecretsRequest.extend({ discard: z.boolean().exactOptional() }),
);
export type StartRequest = z.infer<typeof StartRequest>;

export const PasswordAnswer = z.object({ vm: z.string() });
export type PasswordAnswer = z.infer<typeof PasswordAnswer>;

/** How to stop: by asking the guest, or by switching it off. */
export const StopRequest = z.strictObject({ force: z.boolean() });

/** How long to wait until the guest has its address. */
export const ReadyRequest = z.strictObject({ timeoutMs: z.int().min(0).max(3_600_000) });

export const StoppedAnswer = z.object({
  vm: z.string(),
  state: z.literal('stopped'),
  /** Why it was powered off, where its guest was to shut down. */
  poweredOff: z.string().exactOptional(),
});

/** What was saved of a machine, in bytes. */
export const SuspendedAnswer = z.object({ vm: z.string(), suspendedAt: z.string(), memoryBytes: z.int() });
export type SuspendedAnswer = z.infer<typeof SuspendedAnswer>;

export const RolledBackAnswer = z.object({ vm: z.string(), from: z.int(), to: z.int(), afterStop: z.boolean() });

/** Puts a machine back to how it was installed; what its user loses is confirmed. */
export const ReimageRequest = z.strictObject({ dataDisk: z.boolean(), confirmed: z.boolean() });

export const ReimagedAnswer = z.object({ vm: z.string(), generation: z.int(), dataDisk: z.boolean() });

/** Whether a machine may reach a destination, in its present access, and by which entry. */
export const ExplainedAnswer = z.object({
  vm: z.string(),
  to: z.string(),
  access: z.enum(['normal', 'restricted', 'refused']),
  allowed: z.boolean(),
  rule: z.string(),
});
