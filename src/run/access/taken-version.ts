import { type Quarantine, sameDescriptor, type VersionQuarantine } from '../../policy/quarantine.ts';
import { judge } from '../../quarantine/versions/descriptor.ts';
import { betterOf, isTrusted, originUnder, type Reported, signedReport } from '../../quarantine/versions/origin.ts';
import { signerOf } from '../../trust/report-signature.ts';

/** Who reports a version, and what it was at before. */
export interface Reporter {
  project: string;
  /** The installation’s UUID. */
  machine: string;
  before: Reported | undefined;
  /** The highest counter of a signed report that was taken for it. */
  counter: number;
  /** What is reported in preview is what the next package carries, signed: it counts as that package’s word. */
  isPreview: boolean;
}

/** What the host says to a reported version: what becomes of it, or why not. */
export type TakenVersion =
  | { valid: true; reported: Reported; name: string; counter?: number }
  | { valid: false; reason: string };

/** Judges a version that a guest reports with `nq-set`: its signature where it has one, its place in the order, whose word it is. */
export function takeVersion(quarantine: VersionQuarantine, offered: string, reporter: Reporter): TakenVersion {
  const { project, machine, before, isPreview } = reporter;
  const signed = signedReport(offered);
  const signer = signed && signerOf({ project, machine, ...signed }, signed.signature, quarantine.signers ?? []);
  if (signed && signer === undefined)
    return refuse('the signature is wrong: no key of the policy made it for this machine and this version');
  if (signed && signed.counter <= reporter.counter) return refuse('this signature was used before: ask for a new one');
  const judgement = judge(quarantine, before?.descriptor, signed?.descriptor ?? offered, isPreview);
  if (!judgement.valid) return refuse(judgement.reason);
  const { descriptor, version } = judgement;
  const word = isPreview ? ({ origin: 'package' } as const) : wordOf(signer);
  const { reported, origin } = betterOf(quarantine, before, { descriptor, ...word });
  if (!isTrusted(quarantine, origin))
    return refuse(
      `the policy does not accept a version that the guest alone reports: ${WANTED[quarantine.versionFrom ?? 'guest']}`,
    );
  return { valid: true, reported, name: version.name, ...(signed ? { counter: signed.counter } : {}) };
}

const WANTED = {
  guest: '',
  signed: 'give nq-set the report that your update server has signed',
  package: 'an update package brings it',
};

function wordOf(signer: string | undefined): Omit<Reported, 'descriptor'> {
  return signer === undefined ? { origin: 'guest' } : { origin: 'signed', signer };
}

function refuse(reason: string): TakenVersion {
  return { valid: false, reason };
}

/** What may be shown of a machine’s version under its policy. */
export function shownVersion(quarantine: Quarantine, reported: Reported) {
  const { descriptor } = reported;
  if (quarantine.type !== 'version-based') return { descriptor };
  const version = quarantine.versions.find((known) => sameDescriptor(known.descriptor, descriptor));
  return { descriptor, ...(version ? { version: version.name } : {}), origin: originUnder(quarantine, reported) };
}
