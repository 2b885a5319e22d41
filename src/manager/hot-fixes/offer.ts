import { AppError } from '../../lib/errors.ts';
import { issueTexts } from '../../lib/issues.ts';
import type { HotFixes } from '../../policy/hot-fixes.ts';
import { saveProjectFile, withProject } from '../../project/save.ts';
import { ProjectFile } from '../../project/schema.ts';

/**
 * Sets what users may ask hot fixes for, and how; undefined for nothing. `seen` is the digest of the file that whoever changes it
 * has looked at: another one is not overwritten.
 * @throws PROJECT_*, PROJECT_CHANGED, POLICY_INVALID
 */
export async function offerHotFixes(
  folder: string,
  wanted: (before: HotFixes | undefined) => object | undefined,
  seen?: string,
): Promise<HotFixes | undefined> {
  return withProject(folder, async (project) => {
    if (seen !== undefined && seen !== project.file.sha256)
      throw new AppError('PROJECT_CHANGED', 'the settings of the project were changed by somebody else meanwhile');
    const { hotFixes: before, ...rest } = project.file.value;
    const hotFixes = wanted(before);
    const changed = ProjectFile.safeParse({ ...rest, ...(hotFixes ? { hotFixes } : {}) });
    if (!changed.success) {
      const problems = issueTexts(changed.error);
      throw new AppError('POLICY_INVALID', problems.join('; '), { details: { problems } });
    }
    await saveProjectFile(project, changed.data);
    return changed.data.hotFixes;
  });
}
