import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Said } from '../lab/player-page.ts';
import { foundProject } from '../src/manager/found-project.ts';
import { VersionQuarantine } from '../src/policy/quarantine.ts';
import { addVm } from '../src/project/make.ts';
import { openProject, vmNamed } from '../src/project/open.ts';
import { savePolicy } from '../src/project/save.ts';

/** When the pictures are taken, whenever they are. */
export const NOW = new Date('2026-12-01T09:30:00Z');
const BEFORE = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000).toISOString();
const MESSAGE = 'Please install the December updates: start “Software update” and leave the machine on.';

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
  messages: { restricted: MESSAGE, updateAvailable: 'The December updates are there.' },
});

/** A project with two machines, of which one has a quarantine; gives its folder. */
export async function officeProject(work: string): Promise<string> {
  const folder = join(work, 'acme');
  const policyServer = 'https://policies.acme.example/office';
  await foundProject(folder, { name: 'Acme', passphrase: 'for pictures', now: NOW.getTime(), policyServer });
  const disk = join(work, 'disk.raw');
  writeFileSync(disk, Buffer.alloc(1 << 20));
  for (const name of ['office', 'accounting']) {
    const hardware = { memoryMiB: 2048, cpus: 2, firmware: 'bios' } as const;
    await addVm(await openProject(folder), { name, hardware, disk, diskFormat: 'raw' });
  }
  const office = vmNamed(await openProject(folder), 'office');
  await savePolicy(office, { ...office.policy.value, quarantine: QUARANTINE });
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

/** What the player’s service says: a machine that is behind, one that is up to date, one that is off. */
export const PLAYER_SAYS: Said = {
  project: { name: 'Acme', fingerprint: '5e'.repeat(32) },
  machines: [
    {
      ...{
        vm: 'office',
        state: 'running',
        generation: 3,
        version: '2026-10',
        descriptor: '0x7B4C2902',
        origin: 'guest',
      },
      ...{ access: 'restricted', reason: 'version 2026-10 is older than 2026-11', message: MESSAGE },
      ...{
        startedAt: BEFORE(95),
        readySince: BEFORE(94),
        policySerial: 12,
        lookedUpAt: BEFORE(4),
        enforcement: 'host',
      },
    },
    {
      ...{ vm: 'accounting', state: 'running', generation: 1, access: 'normal', reason: 'no quarantine is set' },
      ...{
        startedAt: BEFORE(40),
        readySince: BEFORE(39),
        policySerial: 12,
        lookedUpAt: BEFORE(4),
        enforcement: 'host',
      },
    },
    { vm: 'a-machine-whose-name-has-40-characters-x', state: 'stopped', generation: 1 },
  ],
  events: [
    { at: BEFORE(95), vm: 'office', kind: 'started', text: 'started' },
    {
      at: BEFORE(95),
      vm: 'office',
      kind: 'access',
      text: 'access is restricted: version 2026-10 is older than 2026-11',
    },
    { at: BEFORE(40), vm: 'accounting', kind: 'started', text: 'started' },
    { at: BEFORE(12), vm: 'office', kind: 'refused', text: 'refused 10.0.0.1:443 tcp, by: whitelist: not listed' },
  ],
};
