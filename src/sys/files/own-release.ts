import { readFileSync } from 'node:fs';

/** Which release of Lazaret this is, as `package.json` says. */
export function ownRelease(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  return version;
}
