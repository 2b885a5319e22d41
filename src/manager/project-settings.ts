import { AppError } from '../lib/errors.ts';
import { saveProjectFile, withProject } from '../project/save.ts';
import { ProjectFile } from '../project/schema.ts';

/** What an administrator may change of a project; an address that is empty goes, what is absent stays as it is. */
export interface SettingsChange {
  name?: string | undefined;
  policyServer?: string | undefined;
  packageServer?: string | undefined;
}

/**
 * Changes a project’s settings. `seen` is the digest of the file that whoever changes it has looked at: another one is not
 * overwritten.
 * @throws PROJECT_*, PROJECT_CHANGED
 */
export async function changeSettings(folder: string, change: SettingsChange, seen?: string): Promise<ProjectFile> {
  return withProject(folder, async (project) => {
    if (seen !== undefined && seen !== project.file.sha256)
      throw new AppError('PROJECT_CHANGED', 'the settings of the project were changed by somebody else meanwhile');
    const given = Object.entries(change).filter(([, value]) => value !== undefined);
    const merged = Object.entries({ ...project.file.value, ...Object.fromEntries(given) });
    const changed = ProjectFile.safeParse(
      Object.fromEntries(merged.filter(([field, value]) => value !== '' || field === 'name')),
    );
    if (!changed.success) {
      const problems = changed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
      throw new AppError('PROJECT_INVALID', problems.join('; '), { details: { problems } });
    }
    await saveProjectFile(project, changed.data);
    return changed.data;
  });
}
