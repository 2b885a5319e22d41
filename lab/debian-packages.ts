import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package with one file, `/usr/share/NAME`, and what is run after it was installed. */
export interface LabPackage {
  name: string;
  version: string;
  content: string;
  afterwards?: string;
}

/** Builds packages into a folder that any web server can hand to apt. */
export function writeRepository(folder: string, packages: readonly LabPackage[]): void {
  mkdirSync(folder, { recursive: true });
  const index = packages.map((wanted) => {
    const file = `${wanted.name}_${wanted.version}_all.deb`;
    const control = build(wanted, join(folder, file));
    const bytes = readFileSync(join(folder, file));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return `${control}Filename: ./${file}\nSize: ${statSync(join(folder, file)).size}\nSHA256: ${sha256}\n`;
  });
  writeFileSync(join(folder, 'Packages'), index.join('\n'));
}

function build({ name, version, content, afterwards }: LabPackage, file: string): string {
  const root = `${file}.root`;
  const control = [
    ...[`Package: ${name}`, `Version: ${version}`, 'Architecture: all', 'Maintainer: Lab <lab@lab.test>'],
    'Description: something to upgrade',
    '',
  ].join('\n');
  mkdirSync(join(root, 'DEBIAN'), { recursive: true });
  mkdirSync(join(root, 'usr', 'share'), { recursive: true });
  writeFileSync(join(root, 'DEBIAN', 'control'), control);
  if (afterwards !== undefined)
    writeFileSync(join(root, 'DEBIAN', 'postinst'), `#!/bin/sh\nset -e\n${afterwards}\n`, { mode: 0o755 });
  writeFileSync(join(root, 'usr', 'share', name), content);
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', root, file], { stdio: 'ignore' });
  rmSync(root, { recursive: true });
  return control;
}
