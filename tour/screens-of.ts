import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { foundProject } from '../src/manager/found-project.ts';
import { buildPackage } from '../src/package/build/build.ts';
import { deploy } from '../src/package/build/publish-policies.ts';
import { VersionQuarantine } from '../src/policy/quarantine.ts';
import { keyPath } from '../src/project/layout.ts';
import { addVm } from '../src/project/make.ts';
import { openProject, vmNamed } from '../src/project/open.ts';
import { savePolicy } from '../src/project/save.ts';
import { openKeyFile } from '../src/trust/sign/keys.ts';
import { NOW } from './shot.ts';

const PASSPHRASE = 'for pictures alone';
const DAY_MS = 86_400_000;
export const MESSAGE = 'Please install the December updates: start “Software update” and leave the machine on.';

const QUARANTINE = VersionQuarantine.parse({
  type: 'version-based',
  normal: { entries: ['10.0.0.0/8', 'updates.example', 'intranet.example tcp 443'] },
  restricted: { entries: ['updates.example tcp 80,443'] },
  versions: [
    { name: '2026-09', descriptor: '0x5D20A1B7' },
    { name: '2026-10', descriptor: '0x7B4C2902', description: 'October updates' },
    { name: '2026-11', descriptor: '0xFA542D3F', description: 'November updates, and a new mail program' },
    { name: '2026-12', descriptor: '0xAC988997', description: 'December updates' },
  ],
  threshold: '2026-11',
  zones: [
    { name: 'at home', when: { subnets: ['192.168.0.0/16'] }, restricted: { entries: ['vpn.example udp 1194'] } },
  ],
  messages: { restricted: MESSAGE, updateAvailable: 'The December updates are there.' },
});

/** A project with machines, one in a quarantine; two deploys and a package, and a change since. Gives its folder. */
export async function officeProject(work: string): Promise<string> {
  const folder = join(work, 'acme');
  const policyServer = 'https://policies.acme.example/office';
  await foundProject(folder, { name: 'Acme', passphrase: PASSPHRASE, now: NOW.getTime() - 30 * DAY_MS, policyServer });
  const disk = join(work, 'disk.raw');
  writeFileSync(disk, Buffer.alloc(1 << 20));
  for (const name of ['office', 'accounting', 'a-machine-whose-name-has-40-characters-x']) {
    const hardware = { memoryMiB: 2048, cpus: 2, firmware: 'bios' } as const;
    await addVm(await openProject(folder), { name, hardware, disk, diskFormat: 'raw' });
  }
  const [, , , december] = QUARANTINE.versions;
  const before = QUARANTINE.versions.filter((version) => version !== december);
  await changed(folder, { ...QUARANTINE, versions: before, threshold: '2026-10' });
  await deployed(folder, 20);
  await built(folder, join(work, 'out'));
  await changed(folder, { ...QUARANTINE, versions: before });
  await deployed(folder, 6);
  await changed(folder, QUARANTINE);
  const reports = join(folder, 'reports');
  mkdirSync(reports);
  for (const [at, { descriptor }] of QUARANTINE.versions.entries())
    for (let count = 0; count <= at * 3; count += 1)
      writeFileSync(
        join(reports, `${at}-${count}.json`),
        JSON.stringify({ vm: 'office', descriptor, access: 'normal' }),
      );
  return folder;
}

async function changed(folder: string, quarantine: VersionQuarantine): Promise<void> {
  const office = vmNamed(await openProject(folder), 'office');
  await savePolicy(office, { ...office.policy.value, quarantine });
}

async function deployed(folder: string, daysAgo: number): Promise<void> {
  const key = await openKeyFile(keyPath(folder, 'policy'), PASSPHRASE);
  await deploy(await openProject(folder), { key, now: NOW.getTime() - daysAgo * DAY_MS, validForMs: 30 * DAY_MS });
}

async function built(folder: string, out: string): Promise<void> {
  const key = await openKeyFile(keyPath(folder, 'release'), PASSPHRASE);
  const now = NOW.getTime() - 20 * DAY_MS;
  const what = { name: 'office-1', kind: 'full', vms: ['office'], mode: 'fast', notes: 'The first one.' } as const;
  await buildPackage(await openProject(folder), { ...what, out, key, now, validForMs: 365 * DAY_MS });
}
