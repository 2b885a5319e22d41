import type { AppError } from '../../lib/errors.ts';
import { type PackagePlan, planPackage } from '../../package/plan/plan.ts';
import { type PlanRequest, planFacts } from '../../package/plan/plan-facts.ts';
import { withProject } from '../../project/save.ts';
import { doubtOfClock } from '../signing.ts';

/** A plan, and what speaks against signing with this computer’s clock. */
export interface ForeseenPackage {
  plan: PackagePlan;
  doubt: AppError | undefined;
}

/** What a package would be, and what every rule means for it; builds nothing. @throws PROJECT_*, PACKAGE_EMPTY, VM_UNKNOWN, USAGE */
export async function foreseePackage(folder: string, request: PlanRequest): Promise<ForeseenPackage> {
  return withProject(folder, async (project) => ({
    doubt: await doubtOfClock(project, request.signal),
    plan: planPackage(await planFacts(project, request)),
  }));
}
