import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootableNoise } from './disk-image.ts';
import { convert } from './foreign-machine.ts';

const RULES = {
  'zoneDescription.0.present': '1',
  'zoneDescription.0.key': '0',
  'zoneDescription.0.name': 'Office',
  'zoneDescription.0.gateways': '10.1.0.1',
  'host.useZones': '1',
  'host.zone.0.present': '1',
  'host.zone.0.key': '0',
  'host.zone.0.descriptionName': 'Office',
  'host.zone.0.blockIPv4': '1',
  'host.zone.0.exceptions.IPv4': '10.1.0.0/16,vpn.acme.example',
  'hotfix.mode': 'hunter2',
};

/** A project folder as the manual describes it, with one Windows machine on a disk in pieces. Returns the folder. */
export async function aceProject(work: string): Promise<string> {
  const folder = join(work, 'Acme');
  const machine = join(folder, 'Windows XP');
  mkdirSync(machine, { recursive: true });
  mkdirSync(join(folder, 'Project Resources'));
  const lines = (settings: Record<string, string>) =>
    Object.entries(settings).map(([key, value]) => `${key} = "${value}"\r\n`);
  writeFileSync(join(folder, 'Acme.vmprj'), 'projectID = "7"\r\n');
  writeFileSync(join(folder, 'app.vmpl'), lines(RULES).join(''));
  writeFileSync(join(folder, 'Project Resources', 'check.vbs'), 'TRUE');
  const settings = {
    ...{ 'config.version': '8', 'virtualHW.version': '4', guestOS: 'winxppro', memsize: '512' },
    // As Windows lets people write it.
    ...{ 'ide0:0.present': 'TRUE', 'ide0:0.fileName': 'windows xp.VMDK', 'ide0:0.redo': '' },
  };
  writeFileSync(join(machine, 'Windows XP.vmx'), lines(settings).join(''));
  writeFileSync(join(machine, 'Windows XP.vmpl'), lines({ 'expiration.type': 'never' }).join(''));
  writeFileSync(join(work, 'disk.raw'), bootableNoise(4 << 20));
  await convert(
    join(work, 'disk.raw'),
    join(machine, 'Windows XP.vmdk'),
    'vmdk',
    '-o',
    'subformat=twoGbMaxExtentSparse',
  );
  return folder;
}
