import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootableDisk } from './boot-disk.ts';
import { fetched, made } from './cache.ts';
import { setUpSerialShell } from './debian.ts';
import { kernelPackages, QUICK_BOOT } from './guest.ts';
import { initrdOf } from './image.ts';
import { DRIVERS, unpackKernel } from './kernel.ts';

/**
 * Of what it could look for at its start, what Debian’s images for virtual machines name; and of what it could do, what has no say in a smaller
 * system than theirs (locales, package sources, a boot loader) or costs time alone left out.
 */
const CONFIG = `datasource_list: [ NoCloud, ConfigDrive, OpenStack, Azure, GCE, None ]
cloud_init_modules: [ set_hostname, update_hostname, users-groups, ssh ]
cloud_config_modules: [ runcmd ]
cloud_final_modules: [ scripts-vendor, scripts-user ]
output: { all: '>> /var/log/cloud-init-output.log' }
`;

/** A raw disk as Debian’s images for clouds are: nobody’s yet, without guest tools and without network, and cloud-init to make it somebody’s. */
export function cloudImage(): string {
  const [base] = fetched('cloud/*.tar');
  if (base === undefined)
    throw new Error('the Debian guest with cloud-init is not there: run node setup/launch.mjs --debian');
  const packages = kernelPackages('cloud');
  const recipe = ['lab/{cloud,debian,boot-disk,image,kernel}.ts', 'lab/guest/*'];
  const folder = made('cloud-guest', recipe, [...packages, base], (beside) => makeDisk(base, packages, beside));
  return join(folder, 'disk.raw');
}

function makeDisk(base: string, packages: readonly string[], folder: string): void {
  const [unpacked, modules, root, initrd] = ['unpacked', 'modules', 'root', 'initrd'].map((name) => join(folder, name));
  if (!unpacked || !modules || !root || !initrd) return;
  const kernel = unpackKernel(packages, unpacked, modules, DRIVERS.cloud);
  initrdOf(modules, initrd);
  mkdirSync(root);
  execFileSync('tar', ['-C', root, '--numeric-owner', '-xpf', base]);
  writeFileSync(join(root, 'etc', 'cloud', 'cloud.cfg.d', '95_lab.cfg'), CONFIG);
  setUpSerialShell(root);
  execFileSync('systemctl', [`--root=${root}`, 'enable', 'systemd-networkd'], { stdio: 'ignore' });
  symlinkSync('/dev/null', join(root, 'etc', 'systemd', 'system', 'systemd-networkd-wait-online.service'));
  const append = `${QUICK_BOOT} root=/dev/vda2`;
  bootableDisk({ kernel, initrd, append, root, bootMiB: 64, rootMiB: 900 }, join(folder, 'disk.raw'));
  for (const path of [unpacked, modules, root, initrd]) rmSync(path, { recursive: true });
}
