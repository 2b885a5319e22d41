import type { BodyIn } from '../../../api/answers.ts';
import type { MANAGER_ROUTES } from '../../../api/manager/routes.ts';

type Build = BodyIn<typeof MANAGER_ROUTES, 'buildPackage'>;
type Contents = BodyIn<typeof MANAGER_ROUTES, 'planPackage'>;

const DAY_MS = 86_400_000;

/** What a package is to have in it, as it is being chosen; a field of a number is text while it is empty. */
export interface NewContents {
  kind: Contents['kind'];
  vms: string[];
  policies: string[];
  resources: boolean;
  since: number | string;
  strict: boolean;
  force: boolean;
  /** The folder of Lazaret’s Debian packages. */
  withLazaret: string;
}

/** How it is made, and how users get it. */
export interface NewMedia {
  name: string;
  out: string;
  format: NonNullable<Build['format']>;
  mode: NonNullable<Build['mode']>;
  volumeGiB: number | string;
  validDays: number | string;
  notes: string;
  /** The passphrase of the package itself, twice. */
  secret: string;
  secretAgain: string;
  /** Recipients of age, with spaces between. */
  recipients: string;
}

const NO_SECRETS = { secret: '', secretAgain: '', recipients: '' };
export const NO_CONTENTS: NewContents = {
  ...{ kind: 'full', vms: [], policies: [], resources: false, since: '', strict: false, force: false },
  withLazaret: '',
};
export const NO_MEDIA: NewMedia = {
  ...{ name: '', out: '', format: 'folder', mode: 'small', volumeGiB: '', validDays: 365, notes: '' },
  ...NO_SECRETS,
};

export function contentsRequest({
  kind,
  vms,
  policies,
  resources,
  since,
  strict,
  force,
  withLazaret,
}: NewContents): Contents {
  const isCustom = kind === 'custom';
  const isUpdate = kind === 'update' && typeof since === 'number';
  return {
    ...{ kind, vms, strict, force },
    ...(isCustom ? { policies, resources } : {}),
    ...(isUpdate ? { since } : {}),
    ...(withLazaret.trim() === '' ? {} : { withLazaret: withLazaret.trim() }),
  };
}

/** What still has to be said before a package can be made, by the field that says it. */
export type MissingField = 'name' | 'out' | 'wholeOut' | 'valid' | 'secretAgain' | 'oneWay';

export function missingOf({
  name,
  out,
  validDays,
  secret,
  secretAgain,
  recipients,
}: NewMedia): readonly MissingField[] {
  const missing: MissingField[] = name.trim() === '' ? ['name'] : [];
  if (!out.trim().startsWith('/')) missing.push(out.trim() === '' ? 'out' : 'wholeOut');
  if (typeof validDays !== 'number') missing.push('valid');
  if (secret !== secretAgain) missing.push('secretAgain');
  if (secret !== '' && recipients.trim() !== '') missing.push('oneWay');
  return missing;
}

/** Whom alone a package is for. */
function encryptionRequest({ secret, recipients }: NewMedia): Pick<Build, 'encryptTo'> {
  if (secret !== '') return { encryptTo: { passphrase: secret } };
  const named = recipients.split(/\s+/).filter((each) => each !== '');
  return named.length > 0 ? { encryptTo: { recipients: named } } : {};
}

/** What is asked of the manager besides who signs; none while something is missing. */
export function buildRequest(contents: NewContents, media: NewMedia): Omit<Build, 'passphrase'> | undefined {
  const { name, out, format, mode, volumeGiB, validDays, notes } = media;
  if (missingOf(media).length > 0 || typeof validDays !== 'number') return undefined;
  return {
    ...contentsRequest(contents),
    ...encryptionRequest(media),
    ...{ name: name.trim(), out: out.trim(), format, mode, validForMs: validDays * DAY_MS },
    ...(typeof volumeGiB === 'number' ? { volumeBytes: Math.round(volumeGiB * 2 ** 30) } : {}),
    ...(notes.trim() === '' ? {} : { notes: notes.trim() }),
  };
}
