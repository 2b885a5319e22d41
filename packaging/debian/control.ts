import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type PackageName = 'lazaret' | 'lazaret-manager';

/** The packages of Debian’s that each of ours needs. */
const NEEDS: Record<PackageName, readonly string[]> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'needs.json'), 'utf8'),
);

const FIELDS: Record<PackageName, Record<string, string>> = {
  lazaret: {
    Recommends: 'ca-certificates, passt, tpm2-tools, uidmap, xdg-utils',
    Suggests: 'lazaret-manager',
    Description: [
      'runs virtual machines under the policies of who made them',
      'Lazaret installs machines that an organisation hands to people, keeps them',
      'up to date, and holds them in quarantine when they are not: one that is',
      'behind reaches only what it needs to catch up.',
      '.',
      'This package has the service that runs the machines of a computer and',
      'enforces their policies, and the command line and page of their users.',
    ].join('\n '),
  },
  'lazaret-manager': {
    Recommends: 'ca-certificates, openssh-client, rsync, xdg-utils',
    Suggests: 'lazaret',
    Description: [
      'makes virtual machines and their policies for Lazaret',
      'Lazaret installs machines that an organisation hands to people, keeps them',
      'up to date, and holds them in quarantine when they are not: one that is',
      'behind reaches only what it needs to catch up.',
      '.',
      'This package is for administrators: it makes machines, sets their policies,',
      'and packs and signs both for users.',
    ].join('\n '),
  },
};

/** What `DEBIAN/control` says of a package that takes so much room when it is installed. */
export function control(name: PackageName, version: string, processor: string, installedKiB: number): string {
  const fields = {
    Package: name,
    Version: version,
    Architecture: processor,
    Maintainer: 'Lazaret <lazaret@lazaret.example>',
    'Installed-Size': `${installedKiB}`,
    Depends: NEEDS[name].join(', '),
    Section: 'admin',
    Priority: 'optional',
    ...FIELDS[name],
  };
  return `${Object.entries(fields)
    .map(([field, value]) => `${field}: ${value}`)
    .join('\n')}\n`;
}
