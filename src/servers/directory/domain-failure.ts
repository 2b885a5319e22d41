import { AppError, type ErrorCode } from '../../lib/errors.ts';

/** What a domain says of an account that may not sign in (the number that Active Directory gives), as a code of ours. */
const REFUSALS: Readonly<Record<string, ErrorCode>> = {
  '530': 'ACCOUNT_NOT_NOW',
  '531': 'ACCOUNT_NOT_NOW',
  '532': 'ACCOUNT_PASSWORD',
  '533': 'ACCOUNT_DISABLED',
  '701': 'ACCOUNT_EXPIRED',
  '773': 'ACCOUNT_PASSWORD',
  '775': 'ACCOUNT_LOCKED',
};

/** What a directory’s failure means for who signs in; `isLate`: it took longer than is waited for. */
export function domainFailure(error: unknown, domain: string, isLate: boolean): unknown {
  if (!(error instanceof AppError)) return error;
  const { code, message, details } = error;
  const because = (as: ErrorCode, text: string) => new AppError(as, `${domain}: ${text}`, { cause: error });
  if (isLate) return because('DOMAIN_UNREACHABLE', 'its directory did not answer in time');
  switch (code) {
    case 'STORE_LOGIN': {
      const { refusal, result } = details;
      if (result !== 49) return because('DOMAIN_INVALID', message);
      const as = typeof refusal === 'string' ? REFUSALS[refusal] : undefined;
      return because(as ?? 'PASSWORD_WRONG', as ? (WORDS[as] ?? message) : 'no account has this name and password');
    }
    case 'STORE_NOT_SAFE':
      return because('DOMAIN_UNSAFE', message);
    case 'FETCH_FAILED':
    case 'FETCH_NAME':
      return because('DOMAIN_UNREACHABLE', message);
    case 'FETCH_MISSING':
    case 'FETCH_TOO_LARGE':
    case 'STORE_DENIED':
      return because('DOMAIN_INVALID', message);
    default:
      return error;
  }
}

const WORDS: Partial<Record<ErrorCode, string>> = {
  ACCOUNT_NOT_NOW: 'the account may not sign in at this time, or from this computer',
  ACCOUNT_PASSWORD: 'the account’s password is right, and has expired: a new one is to be set',
  ACCOUNT_DISABLED: 'the account is disabled',
  ACCOUNT_EXPIRED: 'the account has expired',
  ACCOUNT_LOCKED: 'the account is locked',
};
