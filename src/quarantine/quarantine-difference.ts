import { canonicalJson } from '../lib/json.ts';
import type { AccessSection } from '../policy/parts/access-section.ts';
import type { Quarantine, Threshold, Version } from '../policy/quarantine.ts';
import type { Zone } from '../policy/zones.ts';
import { liveVersions } from './versions/versions.ts';

/** Of many entries the first are named. */
const NAMED = 5;

/** What people call the settings that are one value. */
const SETTINGS = {
  mode: 'the lists are a',
  enforcement: 'enforcement is',
  grace: 'the time of grace is',
  initial: 'a machine that reported no version counts as',
  versionFrom: 'versions count from',
  signers: 'the signers of versions are',
  script: 'the plug-in is',
  interval: 'policies are looked up every',
  onUnreachable: 'while the policy server is away too long, what counts is',
  maxOffline: 'without the policy server the last policy holds for',
} as const;

/** What differs between two quarantines of a machine, for people, a sentence each; nothing where they say the same. */
export function quarantineDifference(before: Quarantine, after: Quarantine): string[] {
  const [had, has]: Record<string, unknown>[] = [{ ...before }, { ...after }];
  return [
    ...(before.type === after.type ? [] : [`quarantine is ${after.type} instead of ${before.type}`]),
    ...thresholdWords(before, after),
    ...versionWords(versionsOf(before), versionsOf(after)),
    ...listWords(listsOf(before), listsOf(after)),
    ...zoneWords(zonesIn(before), zonesIn(after)),
    ...messageWords(messagesOf(before), messagesOf(after)),
    ...Object.entries(SETTINGS).flatMap(([field, words]) => settingWords(words, had?.[field], has?.[field])),
  ];
}

function thresholdWords(before: Quarantine, after: Quarantine): string[] {
  if (before.type !== 'version-based' || after.type !== 'version-based') return [];
  if (before.threshold === after.threshold) return [];
  const [was, is] = [before.threshold, after.threshold];
  // Two versions are named alike; anything else is a sentence of another kind.
  const isPlain = typeof was === 'string' && typeof is === 'string';
  return [`${beginsText(is)} instead of ${isPlain ? was : fromText(was)}`];
}

function beginsText(threshold: Threshold | undefined): string {
  if (threshold === undefined) return 'every version has normal access';
  return threshold === null ? 'no version has normal access' : `normal access begins at ${threshold}`;
}

function fromText(threshold: Threshold | undefined): string {
  if (threshold === undefined) return 'with every version';
  return threshold === null ? 'with no version' : `at ${threshold}`;
}

function versionsOf(quarantine: Quarantine): readonly Version[] {
  return quarantine.type === 'version-based' ? liveVersions(quarantine) : [];
}

function versionWords(before: readonly Version[], after: readonly Version[]): string[] {
  const had = new Map(before.map((version) => [version.descriptor, version]));
  const has = new Set(after.map(({ descriptor }) => descriptor));
  const changed = after.flatMap((version) => {
    const was = had.get(version.descriptor);
    if (!was || canonicalJson(was) === canonicalJson(version)) return [];
    return [
      was.name === version.name ? `version ${version.name} changed` : `version ${was.name} is called ${version.name}`,
    ];
  });
  const added = after.filter(({ descriptor }) => !had.has(descriptor)).map(({ name }) => `version ${name}`);
  const gone = before.filter(({ descriptor }) => !has.has(descriptor)).map(({ name }) => `version ${name}`);
  return [...named(added, 'added'), ...named(gone, 'removed'), ...changed];
}

interface Lists {
  normal?: AccessSection;
  restricted?: AccessSection;
}

function listsOf(quarantine: Quarantine): Lists {
  if (quarantine.type === 'none') return {};
  const { normal } = quarantine;
  return 'restricted' in quarantine ? { normal, restricted: quarantine.restricted } : { normal };
}

function listWords(before: Lists, after: Lists): string[] {
  return (['normal', 'restricted'] as const).flatMap((list) => {
    const [had, has] = [rulesOf(before[list]), rulesOf(after[list])];
    const [inBefore, inAfter] = [new Set(had), new Set(has)];
    const added = has.filter((rule) => !inBefore.has(rule));
    const gone = had.filter((rule) => !inAfter.has(rule));
    return [...named(added, `added to ${list}`), ...named(gone, `taken out of ${list}`)];
  });
}

function rulesOf(section: AccessSection | undefined): string[] {
  if (!section) return [];
  return [...section.entries.map(({ text }) => text), ...section.exceptions.map((kind) => `the exception ${kind}`)];
}

function zonesIn(quarantine: Quarantine): readonly Zone[] {
  return quarantine.type === 'none' ? [] : (quarantine.zones ?? []);
}

function zoneWords(before: readonly Zone[], after: readonly Zone[]): string[] {
  const had = new Map(before.map((zone) => [zone.name, zone]));
  const has = new Set(after.map(({ name }) => name));
  const [kept, order] = [before.filter(({ name }) => has.has(name)), after.filter(({ name }) => had.has(name))];
  return [
    ...named(
      after.filter(({ name }) => !had.has(name)).map(({ name }) => `zone ${name}`),
      'added',
    ),
    ...named(
      before.filter(({ name }) => !has.has(name)).map(({ name }) => `zone ${name}`),
      'removed',
    ),
    ...(kept.map(({ name }) => name).join('\n') === order.map(({ name }) => name).join('\n')
      ? []
      : ['the zones have another order']),
    ...order.flatMap((zone) => {
      const was = had.get(zone.name);
      if (!was || canonicalJson(was) === canonicalJson(zone)) return [];
      const words = listWords(was, zone);
      const isElsewhere = canonicalJson(was.when) !== canonicalJson(zone.when);
      // What is left is a list that now stands there or not, with nothing in it.
      const others = isElsewhere || words.length === 0 ? [`zone ${zone.name} is described otherwise`] : [];
      return [...others, ...words.map((text) => `in zone ${zone.name} ${text}`)];
    }),
  ];
}

function messagesOf(quarantine: Quarantine): { restricted?: string; updateAvailable?: string } {
  return 'messages' in quarantine ? quarantine.messages : {};
}

function messageWords(before: ReturnType<typeof messagesOf>, after: ReturnType<typeof messagesOf>): string[] {
  return [
    ...settingWords('the restricted message is', quoted(before.restricted), quoted(after.restricted)),
    ...settingWords('the update message is', quoted(before.updateAvailable), quoted(after.updateAvailable)),
  ];
}

function quoted(text: string | undefined): string | undefined {
  return text === undefined ? undefined : `“${text}”`;
}

function settingWords(words: string, before: unknown, after: unknown): string[] {
  const [was, is] = [valueText(before), valueText(after)];
  return was === is ? [] : [`${words} ${is} instead of ${was}`];
}

function valueText(value: unknown): string {
  if (value === undefined) return 'not said';
  return typeof value === 'string' ? value : canonicalJson(value);
}

function named(what: readonly string[], words: string): string[] {
  const more = what.length > NAMED ? [`${what.length - NAMED} more ${words}`] : [];
  return [...what.slice(0, NAMED).map((one) => `${one} ${words}`), ...more];
}
