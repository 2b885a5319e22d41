import type { AccessSection } from '../policy/parts/access-section.ts';
import type { Script } from '../policy/parts/script.ts';
import { isLookedUp, type Quarantine, type Threshold, type VersionQuarantine } from '../policy/quarantine.ts';
import { zoneCriteria } from '../policy/zones.ts';
import { liveVersions } from './versions/versions.ts';

/** A line of what a quarantine says: what it is about, and what holds. */
type Line = [what: string, holds: string];

/** All that a machine’s quarantine says, for people: a line a setting, in the order in which they are thought of. */
export function quarantineText(quarantine: Quarantine): string {
  const lines = quarantineLines(quarantine);
  const width = Math.max(...lines.map(([what]) => what.length)) + 2;
  return lines.map(([what, holds]) => `${what.padEnd(width)}${holds}`).join('\n');
}

function quarantineLines(quarantine: Quarantine): Line[] {
  if (quarantine.type === 'none') return [['quarantine', 'none: the machine reaches everything']];
  const { type, mode, normal, zones = [], enforcement } = quarantine;
  return [
    ['quarantine', `${type}, ${mode}`],
    ['normal', sectionText(normal, mode)],
    ...('restricted' in quarantine ? [['restricted', sectionText(quarantine.restricted, mode)] satisfies Line] : []),
    ...zones.map(({ name, when }): Line => [`zone ${name}`, zoneText(when)]),
    ...(type === 'version-based' ? versionLines(quarantine) : []),
    ...(type === 'custom' ? [['plug-in', scriptText(quarantine.script)] satisfies Line] : []),
    ...messageLines('messages' in quarantine ? quarantine.messages : {}),
    ...lookUpLines(quarantine),
    ...(enforcement === undefined
      ? []
      : [['enforced', 'restricted where the user could change the rules'] satisfies Line]),
  ];
}

function sectionText({ entries, exceptions }: AccessSection, mode: 'whitelist' | 'blacklist'): string {
  const none = mode === 'whitelist' ? 'nothing' : 'everything';
  const listed =
    entries.length === 0
      ? none
      : `${mode === 'whitelist' ? '' : 'all but '}${entries.map(({ text }) => text).join(', ')}`;
  return exceptions.length === 0 ? listed : `${listed}; outside the list ${exceptions.join(', ')}`;
}

function zoneText(when: Parameters<typeof zoneCriteria>[0]): string {
  const criteria = zoneCriteria(when).map(([what, members]) => `${what} ${members.join(' or ')}`);
  return `other lists on a network with ${criteria.join(', and ')}`;
}

function thresholdText(threshold: Threshold | undefined, more: string): string {
  if (threshold === undefined) return 'none: every version has normal access';
  return threshold === null ? 'above all versions: every version is restricted' : `${threshold}${more}`;
}

function versionLines(quarantine: VersionQuarantine): Line[] {
  const { threshold, thresholdAt, grace, initial, versionFrom = 'guest', signers = [] } = quarantine;
  const versions = liveVersions(quarantine);
  const since = thresholdAt === undefined ? '' : `, since ${thresholdAt}`;
  const delay = grace === undefined ? '' : `; older versions keep it for ${grace} more`;
  return [
    ['threshold', thresholdText(threshold, `${since}${delay}`)],
    ...(versions.length === 0 ? [['versions', 'none is defined'] satisfies Line] : []),
    ...versions.map(({ name, descriptor, description, cumulative }): Line => {
      const more = [...(cumulative ? ['cumulative'] : []), ...(description === undefined ? [] : [description])];
      return ['version', [`${name}  ${descriptor}`, ...more].join('  ')];
    }),
    ...(initial === undefined
      ? []
      : [['initial', `${initial} is what a machine counts as that reported none`] satisfies Line]),
    ['version from', signers.length === 0 ? versionFrom : `${versionFrom}; signers ${signers.join(', ')}`],
  ];
}

function scriptText({ file, arguments: given, timeout, network }: Script): string {
  const words = [file, ...given.map((word) => (/\s/.test(word) ? JSON.stringify(word) : word))].join(' ');
  return `${words}; within ${timeout}, ${network ? 'with the computer’s network' : 'without network'}`;
}

function messageLines({ restricted, updateAvailable }: { restricted?: string; updateAvailable?: string }): Line[] {
  return [
    ...(restricted === undefined ? [] : [['message', `while restricted: ${restricted}`] satisfies Line]),
    ...(updateAvailable === undefined
      ? []
      : [['message', `while a newer version exists: ${updateAvailable}`] satisfies Line]),
  ];
}

function lookUpLines(quarantine: Exclude<Quarantine, { type: 'none' }>): Line[] {
  if (!isLookedUp(quarantine)) return [['looked up', 'no: changes come with packages']];
  const { interval, maxOffline = '7d', onUnreachable } = quarantine;
  const then = { keep: 'the last policy holds on', restricted: 'access is restricted', refuse: 'access is refused' };
  return [
    ['looked up', `every ${interval}`],
    ['server away', `the last policy holds for ${maxOffline}; after that ${then[onUnreachable]}`],
  ];
}
