import { AppError } from '../../../lib/errors.ts';

/** The whole path of what is to be connected. @throws USAGE */
export function requireFile(name: string, what: string | undefined): string {
  if (what === undefined) throw new AppError('USAGE', `say what “${name}” is to be: a file`);
  if (what.startsWith('/')) return what;
  throw new AppError('USAGE', `${what} is no whole path: it begins with /`);
}
