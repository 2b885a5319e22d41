import { AppError } from './errors.ts';

/** The failures of these checks, in their order. What is no failure with a code is thrown. */
export async function failuresOf(checks: readonly (() => unknown)[]): Promise<AppError[]> {
  const failures: AppError[] = [];
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      failures.push(error);
    }
  }
  return failures;
}

/** Whether work fails as it may. Every other failure is thrown. */
export async function failsAs(work: Promise<unknown>, mayFail: (error: unknown) => boolean): Promise<boolean> {
  try {
    await work;
    return false;
  } catch (error) {
    if (mayFail(error)) return true;
    throw error;
  }
}
