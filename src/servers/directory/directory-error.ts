import { ResultCodeError } from 'ldapts';
import { AppError, type ErrorCode } from '../../lib/errors.ts';

/** Result codes of RFC 4511 that have a meaning of their own to us. */
const RESULTS: Readonly<Record<number, [code: ErrorCode, text: string]>> = {
  8: ['STORE_NOT_SAFE', 'the directory demands a safer connection'],
  10: ['FETCH_FAILED', 'the directory refers to another server, which is not followed'],
  13: ['STORE_NOT_SAFE', 'the directory demands a safer connection'],
  32: ['FETCH_MISSING', 'there is no such object, or it may not be seen'],
  48: ['STORE_LOGIN', 'the directory takes no such login'],
  49: ['STORE_LOGIN', 'the directory refused user or password'],
  50: ['STORE_DENIED', 'the directory does not let this account do that'],
};

/** What Active Directory says of a login that it refused: the number behind `data` in its words, in hexadecimal. */
const LOGINS: Readonly<Record<string, string>> = {
  '525': 'there is no such user',
  '52e': 'the password is wrong',
  '530': 'the account may not log on at this time of day',
  '531': 'the account may not log on from this computer',
  '532': 'the password has expired: set a new one',
  '533': 'the account is disabled',
  '701': 'the account has expired',
  '773': 'the password must be changed before the first logon',
  '775': 'the account is locked',
};

/** The code for what a directory answered, or for its silence. */
export function directoryError(error: unknown, doing: string): unknown {
  if (error instanceof AppError) return error;
  const [code, text] = (resultCode(error) !== undefined && RESULTS[resultCode(error) ?? 0]) || [
    'FETCH_FAILED' as const,
    error instanceof Error ? (error.message.split('\n').at(-1) ?? '') : 'the directory failed',
  ];
  const refusal = loginRefusal(error);
  const why = refusal === undefined ? undefined : LOGINS[refusal];
  return new AppError(code, `${doing}: ${why === undefined ? text : `the directory refused it: ${why}`}`, {
    cause: error,
    details: { result: resultCode(error), ...(refusal === undefined ? {} : { refusal }) },
  });
}

/** The number that Active Directory gives with a login that it refused. */
function loginRefusal(error: unknown): string | undefined {
  if (resultCode(error) !== 49) return undefined;
  const [, data = ''] = /\bdata ([0-9a-f]+)\b/i.exec(error instanceof Error ? error.message : '') ?? [];
  return data === '' ? undefined : data.toLowerCase();
}

export function resultCode(error: unknown): number | undefined {
  // ldapts resets the prototype of its errors to this class, so that no other tells them apart.
  return error instanceof ResultCodeError ? error.code : undefined;
}
