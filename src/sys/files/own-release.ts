import { readFileSync } from 'node:fs';
import { ownPath } from './own-tree.ts';

/** Which release of Lazaret this is, as `package.json` says. */
export function ownRelease(): string {
  const { version } = JSON.parse(readFileSync(ownPath('package.json'), 'utf8'));
  return version;
}
