import { AskFailure } from '../../ui/ask.ts';

/** Whether a failure is a question for what opens a package. */
export function isAboutSecret(error: Error | null): boolean {
  return error instanceof AskFailure && ['PACKAGE_LOCKED', 'PACKAGE_SECRET'].includes(error.code);
}
