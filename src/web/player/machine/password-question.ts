import { AskFailure } from '../../ui/ask.ts';

/** What is no failure yet, but a question. */
const QUESTIONS = ['PASSWORD_UNSET', 'PASSWORD_NEEDED', 'PASSWORD_CHANGE', 'ACCOUNT_NEEDED'];
const ABOUT = [...QUESTIONS, 'PASSWORD_WRONG', 'PASSWORD_PAUSE', 'PASSWORD_RULES'];

export function isQuestion(code: string): boolean {
  return QUESTIONS.includes(code);
}

/** Whether a failure is about a password or an account: the dialog for these says it. */
export function isAboutPassword(error: Error | null): boolean {
  const code = codeOf(error) ?? '';
  return ABOUT.includes(code) || /^(ACCOUNT|DOMAIN)_/.test(code);
}

export function codeOf(error: Error | null): string | undefined {
  return error instanceof AskFailure ? error.code : undefined;
}
