import type { AccessSection } from '../../policy/parts/access-section.ts';
import type { Quarantine, VersionQuarantine } from '../../policy/quarantine.ts';

/** What `nq set` may change; what is absent stays as it is. */
export interface QuarantineChange {
  type?: Quarantine['type'];
  mode?: 'whitelist' | 'blacklist';
  normal?: string[];
  restricted?: string[];
  normalExceptions?: string[];
  restrictedExceptions?: string[];
  restrictedMessage?: string;
  updateMessage?: string;
  interval?: string;
  onUnreachable?: string;
  maxOffline?: string;
  grace?: string;
  initial?: string;
  versionFrom?: string;
  signer?: string[];
  script?: string;
  argument?: string[];
  timeout?: string;
  network?: boolean;
}

/**
 * A quarantine with some settings changed, still to be parsed: a setting that its type has not is left in, so that the
 * schema refuses it. An exception `nothing` empties the exceptions.
 */
export function changeQuarantine(before: Quarantine, change: QuarantineChange): unknown {
  const type = change.type ?? before.type;
  const kept = keptBy(before, type);
  if (type === 'none') return { type, ...only({ mode: change.mode, normal: change.normal }) };
  const empty: AccessSection = { entries: [], exceptions: [] };
  const normal = changed('normal' in before ? before.normal : empty, change.normal, change.normalExceptions);
  const restricted = 'restricted' in before ? before.restricted : empty;
  const mode = change.mode ?? (before.type === 'none' ? 'whitelist' : before.mode);
  const { script, argument, timeout, network } = change;
  const plugin = only({ script, argument, timeout, network });
  const lookup = only({
    interval: change.interval,
    onUnreachable: change.onUnreachable,
    maxOffline: change.maxOffline,
  });
  const others = only({
    restricted: change.restricted,
    grace: change.grace,
    ...versionSettings(change),
    restrictedMessage: change.restrictedMessage,
    ...plugin,
  });
  if (type === 'static') return { ...kept, type, mode, normal, ...lookup, ...others };
  if (type === 'dynamic') return { ...kept, type, mode, normal, ...lookup, ...others };
  const messages = {
    ...(kept['messages'] as object | undefined),
    ...only({ restricted: change.restrictedMessage, updateAvailable: change.updateMessage }),
  };
  return {
    ...kept,
    ...{ type, mode, normal, messages },
    restricted: changed(restricted, change.restricted, change.restrictedExceptions),
    ...lookup,
    ...only({ grace: change.grace }),
    ...versionSettings(change),
    ...(type === 'custom' ? { script: changedScript(kept, change) } : plugin),
  };
}

/** What every type has that has lists. */
const OF_ALL = ['zones', 'enforcement'] as const;

/**
 * The settings that stay under a type: all of them where it is the same, else those that mean the same in both. A plug-in’s
 * quarantine is looked up only where that was said of it.
 */
function keptBy(before: Quarantine, type: Quarantine['type']): Record<string, unknown> {
  if (before.type === 'none' || type === 'none') return {};
  if (before.type === type) return before;
  const { interval, onUnreachable, maxOffline, messages } = before as Partial<VersionQuarantine>;
  const ofAll = Object.fromEntries(OF_ALL.map((field) => [field, before[field]]));
  if (type === 'static') return only(ofAll);
  const isRestrictive = type === 'version-based' || type === 'custom';
  return only({
    ...ofAll,
    ...(type === 'custom' ? { interval } : { interval, onUnreachable, maxOffline }),
    messages: isRestrictive && messages ? only({ restricted: messages.restricted }) : undefined,
  });
}

/** Who vouches for versions; without signers there is no list of them. */
function versionSettings({ initial, versionFrom, signer }: QuarantineChange): Record<string, unknown> {
  return only({ initial, versionFrom, signers: signer?.filter((key) => key !== '') });
}

function changedScript(
  kept: Record<string, unknown>,
  { script, argument, timeout, network }: QuarantineChange,
): object {
  const before = kept['script'] ?? {};
  const args = argument?.filter((text) => text !== '');
  return { ...(before as object), ...only({ file: script, arguments: args, timeout, network }) };
}

function changed(
  before: AccessSection,
  entries?: string[],
  exceptions?: string[],
): { entries: unknown[]; exceptions: string[] } {
  return {
    entries: entries?.filter((entry) => entry !== '') ?? before.entries,
    exceptions: exceptions?.filter((kind) => kind !== 'nothing') ?? before.exceptions,
  };
}

function only(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
