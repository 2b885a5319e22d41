import { AppError } from '../lib/errors.ts';
import { issueTexts } from '../lib/issues.ts';
import type { Domain } from '../policy/parts/domain.ts';
import { saveProjectFile, withProject } from '../project/save.ts';
import { ProjectFile } from '../project/schema.ts';

/** What an administrator may change of a project; an address that is empty goes, what is absent stays as it is. */
export interface SettingsChange {
  name?: string | undefined;
  policyServer?: string | undefined;
  packageServer?: string | undefined;
  /** The domain’s address; with it goes who vouches for it. */
  domain?: string | undefined;
  /** In PEM; text before and after the certificates is none of it. */
  domainCa?: string | undefined;
}

/**
 * Changes a project’s settings. `seen` is the digest of the file that whoever changes it has looked at: another one is not
 * overwritten.
 * @throws PROJECT_*, PROJECT_CHANGED
 */
export async function changeSettings(
  folder: string,
  { domain, domainCa, ...change }: SettingsChange,
  seen?: string,
): Promise<ProjectFile> {
  return withProject(folder, async (project) => {
    if (seen !== undefined && seen !== project.file.sha256)
      throw new AppError('PROJECT_CHANGED', 'the settings of the project were changed by somebody else meanwhile');
    const given = Object.entries(change).filter(([, value]) => value !== undefined);
    const { domain: before, ...rest } = project.file.value;
    const merged = Object.entries({ ...rest, ...Object.fromEntries(given) });
    const changed = ProjectFile.safeParse({
      ...Object.fromEntries(merged.filter(([field, value]) => value !== '' || field === 'name')),
      ...changedDomain(before, domain, domainCa),
    });
    if (!changed.success) {
      const problems = issueTexts(changed.error);
      throw new AppError('PROJECT_INVALID', problems.join('; '), { details: { problems } });
    }
    await saveProjectFile(project, changed.data);
    return changed.data;
  });
}

function changedDomain(before: Domain | undefined, address = before?.address ?? '', pem?: string): { domain?: object } {
  // A certificate without a domain is refused by the schema.
  if (address === '' && !pem) return {};
  const ca = pem === undefined ? before?.ca : certificatesIn(pem);
  return { domain: { ...(address === '' ? {} : { address }), ...(ca ? { ca } : {}) } };
}

function certificatesIn(pem: string): string {
  const found = pem.replaceAll('\r\n', '\n').match(/-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----/g);
  // Nothing was meant, or what there is goes to the schema, which says what is wrong with it.
  return pem.trim() === '' ? '' : found ? `${found.join('\n')}\n` : pem;
}
