import type { PackagePlanAnswer } from '../../../api/manager/jobs.ts';
import type { Language } from '../../ui/texts/texts.ts';
import { policy } from '../texts/policy.ts';
import { WHEN_DE } from '../warnings.ts';

type Machine = PackagePlanAnswer['machines'][number];
type Change = PackagePlanAnswer['policies'][number]['changes'][number];

/** What VMware ACE did without a word, by when a change holds, auf Deutsch: a moment without its text does not compile. */
const ACE_DE: Record<Change['when'], string | undefined> = {
  'at-once': undefined,
  'next-start': undefined,
  'next-update': undefined,
  reinstall: 'auf installierten Maschinen ohne Meldung ignoriert',
  'with-machine': 'ohne Meldung gepackt; die Installation scheiterte beim Benutzer',
};
const VERSION_DE: Record<Machine['versionIs'], string | undefined> = {
  set: undefined,
  none: 'keine: ihre Quarantäne geht nicht nach Versionen',
  'not-set': 'nicht gesetzt: eingeschränkt, bis nq-set im Gast läuft',
};

/** The version that installing a machine sets, or why it sets none. */
export function versionText({ version, versionIs }: Machine, language: Language): string {
  return (language === 'de' && VERSION_DE[versionIs]) || version;
}

/** What becomes of a machine that is installed already. */
export function installedText({ hasDataDisk, forInstalled }: Machine, language: Language): string {
  if (language !== 'de') return forInstalled;
  return hasDataDisk
    ? 'Ihre Systemplatte wird ersetzt, mit dem, was darauf geändert wurde; ihre Datenplatte bleibt, wie sie ist'
    : 'Sie wird ersetzt; was ihr Benutzer in ihr geändert hat, geht verloren, und er wird vorher gefragt';
}

/** A change of a policy, when it holds, and what VMware ACE did there. */
export function changeText({ section, when, withMachine, text, ace }: Change, language: Language): string {
  if (language !== 'de') return `${section} ${text}${ace === undefined ? '' : ` (VMware ACE: ${ace})`}`;
  const names: Record<string, string> = policy.de.names;
  const holds = withMachine ? 'gilt mit der Maschine: vom ersten Start ihres neuen Systems an' : WHEN_DE[when];
  return `${names[section] ?? section}: ${holds}${ace === undefined ? '' : ` (VMware ACE: ${ACE_DE[when] ?? ace})`}`;
}
