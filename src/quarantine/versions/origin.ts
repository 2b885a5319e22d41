import { sameDescriptor, type VersionOrigin, type VersionQuarantine } from '../../policy/quarantine.ts';

/** A machine’s descriptor, and whose word it is. */
export interface Reported {
  descriptor: string;
  /** `package`: the signed release that the computer mounted brought it; `signed`: the update server signed it; `guest`: its own word. */
  origin: VersionOrigin;
  /** With `signed`: the public key, in hexadecimal. */
  signer?: string;
}

/** A report that an update server signed, as `nq-set` takes it: `DESCRIPTOR;sig=COUNTER.SIGNATURE` (docs/formats/guest.md). */
export interface SignedReport {
  descriptor: string;
  counter: number;
  /** Ed25519, in base64url. */
  signature: string;
}

const SIGNED = /^(?<descriptor>[^;]+);sig=(?<counter>\d{1,15})\.(?<signature>[A-Za-z0-9_-]{86})$/;
const RANK: Readonly<Record<VersionOrigin, number>> = { guest: 0, signed: 1, package: 2 };

/** A report with its signature still to be verified; undefined for one that has none. */
export function signedReport(text: string): SignedReport | undefined {
  const { descriptor, counter, signature } = SIGNED.exec(text)?.groups ?? {};
  if (descriptor === undefined || signature === undefined) return undefined;
  return { descriptor, counter: Number(counter), signature };
}

/** Whose word a descriptor is under a policy: a signature counts as long as the policy names its key. */
export function originUnder({ signers = [] }: VersionQuarantine, { origin, signer = '' }: Reported): VersionOrigin {
  return origin === 'signed' && !signers.includes(signer) ? 'guest' : origin;
}

/** Whether a policy takes this one’s word for a machine’s version. */
export function isTrusted(quarantine: VersionQuarantine, origin: VersionOrigin): boolean {
  return RANK[origin] >= RANK[quarantine.versionFrom ?? 'guest'];
}

/** The same version reported again keeps the better word. Says too whose word that is under the policy. */
export function betterOf(
  quarantine: VersionQuarantine,
  before: Reported | undefined,
  now: Reported,
): { reported: Reported; origin: VersionOrigin } {
  const fresh = { reported: now, origin: originUnder(quarantine, now) };
  if (!before || !sameDescriptor(before.descriptor, now.descriptor)) return fresh;
  const kept = { reported: before, origin: originUnder(quarantine, before) };
  return RANK[kept.origin] >= RANK[fresh.origin] ? kept : fresh;
}
