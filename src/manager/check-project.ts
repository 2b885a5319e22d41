import type { AppError } from '../lib/errors.ts';
import { checkAll, type FoundProblem } from '../package/checks.ts';
import { textsOf } from '../policy/reading/warning.ts';
import { openProject } from '../project/open.ts';
import { doubtOfClock } from './signing.ts';

/** A project of which every file can be read, and what was found in it. */
export interface CheckedProject {
  /** How many it has. */
  machines: number;
  problems: FoundProblem[];
  /** What the administrator may not have meant. */
  warnings: string[];
  /** What speaks against this computer’s clock. */
  doubt: AppError | undefined;
}

/**
 * All that deploy or package would refuse.
 * @throws PROJECT_MISSING, PROJECT_INVALID with `details.problems` where files cannot be read
 */
export async function checkProject(folder: string, signal: AbortSignal): Promise<CheckedProject> {
  const project = await openProject(folder);
  const found = await checkAll(project);
  return {
    problems: found.problems,
    warnings: textsOf(found.warnings),
    machines: project.vms.length,
    doubt: await doubtOfClock(project, signal),
  };
}
