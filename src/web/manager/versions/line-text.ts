import type { ReportedGroup } from '../../../api/manager/quarantine.ts';
import type { VersionQuarantine } from '../../../policy/quarantine.ts';
import { decide } from '../../../quarantine/decide.ts';
import { lineOf } from '../../../quarantine/edit/threshold-line.ts';
import { liveVersions } from '../../../quarantine/versions/versions.ts';
import type { Language } from '../../ui/texts/texts.ts';
import type { VersionTexts } from '../texts/versions.ts';

/** What the red line means, in words: who has normal access, who has not, and how many of the known machines that are. */
export function lineText(
  quarantine: VersionQuarantine,
  reported: readonly ReportedGroup[] | undefined,
  { texts, language, now }: { texts: VersionTexts; language: Language; now: number },
): string {
  const { grace, initial } = quarantine;
  const versions = liveVersions(quarantine);
  const line = lineOf(quarantine);
  const isBetween = line > 0 && line < versions.length;
  const number = new Intl.NumberFormat(language).format;
  const sentences = [
    meaning(versions.length, line, versions.at(-line)?.name ?? '', texts),
    ...(line === 0 ? [] : [initial === undefined ? texts.unset : texts.unsetAs(initial)]),
    ...(isBetween && grace !== undefined ? [texts.grace(grace)] : []),
    ...(reported === undefined
      ? []
      : [texts.impact(number(countOf(reported)), number(restrictedOf(quarantine, reported, now)))]),
  ];
  return sentences.join(' ');
}

function meaning(count: number, line: number, lowest: string, texts: VersionTexts): string {
  if (line === 0) return texts.noneNormal;
  if (line === count) return texts.allNormal;
  return line === 1 ? texts.onlyNewest(lowest) : texts.fromOn(lowest);
}

function restrictedOf(quarantine: VersionQuarantine, reported: readonly ReportedGroup[], now: number): number {
  const isRestricted = ({ descriptor, origin, enforcement = 'host' }: ReportedGroup) =>
    decide(quarantine, descriptor, { lookedUpAt: now, atHand: true, origin, enforcement }, now).access !== 'normal';
  return countOf(reported.filter(isRestricted));
}

function countOf(groups: readonly ReportedGroup[]): number {
  return groups.reduce((sum, { machines }) => sum + machines, 0);
}
