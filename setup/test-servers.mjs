import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { isRoot, run } from './apt.mjs';
import { installSystemPackages, missingPackages } from './system-packages.mjs';

/** Real policy servers for tests: a web server, OpenLDAP, and an Active Directory domain controller; a browser for the pages, and what makes their pictures small; what else opens encrypted disks; a TPM 2.0 of software, and what asks it; a Windows for its guest tools; printers. */
const PACKAGES = [
  ...[
    'nginx',
    'rsync',
    'openssh-client',
    'openssl',
    'slapd',
    'chromium-headless-shell',
    'pngquant',
    'cryptsetup-bin',
    'wine64',
  ],
  ...['samba-ad-dc', 'samba', 'winbind', 'samba-dsdb-modules', 'samba-vfs-modules', 'samba-ad-provision'],
  ...['swtpm', 'systemd', 'libtss2-esys-3.0.2-0', 'libtss2-rc0', 'libtss2-mu0', 'libtss2-tcti-swtpm0', 'tpm2-tools'],
  // A computer’s queues for printers, and whoever prints.
  ...['cups-daemon', 'cups-client', 'cups-ipp-utils'],
  // What looks at our own packages.
  ...['lintian', 'appstream', 'mandoc', 'bsdextrautils', 'zsh', 'fish'],
];
/** What these packages would start, now and with every start of the computer. */
const UNITS = ['nginx', 'rsync', 'slapd', 'samba-ad-dc', 'smbd', 'nmbd', 'winbind', 'cups'];
/** The packages that bring units of other names than their own. */
const PACKAGE_OF = { smbd: 'samba', nmbd: 'samba', cups: 'cups-daemon' };
/** Asked by every package before it starts a service; 101 is “no” (policy-rc.d, Debian’s invoke-rc.d). */
const POLICY = '/usr/sbin/policy-rc.d';
const NO = '#!/bin/sh\nexit 101\n';

/** Installs the servers that tests start for themselves, and none of which runs otherwise: not now, not at the next start. @throws SetupError */
export function installTestServers() {
  const missing = missingPackages(PACKAGES);
  if (missing.length === 0) return;
  const isOurs = isRoot() && !existsSync(POLICY);
  if (isOurs) writeFileSync(POLICY, NO, { mode: 0o755 });
  try {
    installSystemPackages(PACKAGES);
    // A service whose package was here before is somebody’s, and stays as it is.
    const ours = UNITS.filter((unit) => missing.includes(PACKAGE_OF[unit] ?? unit));
    if (existsSync('/usr/bin/systemctl') && ours.length > 0) run('systemctl', ['disable', '--quiet', ...ours]);
  } finally {
    if (isOurs) rmSync(POLICY, { force: true });
  }
}
