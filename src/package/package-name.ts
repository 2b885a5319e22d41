import { AppError } from '../lib/errors.ts';
import { PACKAGE_NAME, type PackageManifest } from './manifest.ts';

/** @throws USAGE */
export function requirePackageName(name: string): void {
  if (PACKAGE_NAME.test(name)) return;
  const rule = 'use 1 to 60 small letters, digits, inner hyphens, dots and underscores';
  throw new AppError('USAGE', `“${name}” is not a name for a package: ${rule}`);
}

/** A name is for one package for good. @throws PACKAGE_EXISTS */
export function requireFreeName(name: string, earlier: readonly PackageManifest[]): void {
  if (earlier.some((manifest) => manifest.name === name))
    throw new AppError('PACKAGE_EXISTS', `there is a package ${name} already`);
}
