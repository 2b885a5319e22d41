import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cloudImage } from '../../lab/cloud.ts';
import { GuestShell } from '../../lab/console.ts';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { scratch } from '../fakes/made-project.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9a3xYc7eGm2vH1m5q0pQ8rT6uV4wX2yZ0aB1cD2eF3 anna@lab';
/** cloud-init is four programs in Python, one after the other. */
const PATIENCE_MS = 900_000;
const USER_DATA = `#cloud-config
users:
  - name: anna
    ssh_authorized_keys:
      - ${KEY}
runcmd:
  - [ touch, /var/lib/set-up-by-anna ]
`;

test('a cloud image is set up by cloud-init when it is first powered on: its user, her key, the guest tools; then the seed is gone', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  await job.makeProject();
  const { computer } = job;
  const userData = join(scratch(t), 'user-data');
  writeFileSync(userData, USER_DATA);
  const hardware = ['--memory', '512', '--firmware', 'bios'];
  const added = await computer.manager(
    'vm',
    'add',
    'cloud',
    '--from',
    cloudImage(),
    '--cloud-init',
    userData,
    ...hardware,
  );
  assert.equal(added.status, 0, added.stderr);
  const seed = join(computer.project, 'vms', 'cloud', 'seed.iso');
  assert.ok(existsSync(seed));

  const run = ['--run', join(computer.folder, 'cloud'), '--accel', 'tcg', '--resolver', job.network.resolver];
  const { said, ended } = await computer.startManager('host', 'power-on', 'cloud', ...run, '--wait', '0s', '--json');
  using shell = await GuestShell.open(JSON.parse(said).sockets.console, PATIENCE_MS);
  const told = async (command: string) => (await shell.run(command, PATIENCE_MS)).output.trim();

  await shell.run('cloud-init status --wait >/dev/null', PATIENCE_MS);
  const { v1 } = JSON.parse(await told('cat /run/cloud-init/result.json | tr -d "\\n"'));
  assert.match(v1.datasource, /^DataSourceNoCloud \[seed=\/dev\/vdb\]/);
  assert.deepEqual(v1.errors, []);
  assert.equal(await told('hostname'), 'cloud');
  assert.equal(await told('cat /home/anna/.ssh/authorized_keys'), KEY);
  assert.equal(
    await told('ls /var/lib/set-up-by-anna'),
    '/var/lib/set-up-by-anna',
    'her own commands were run beside ours',
  );
  assert.equal(
    await told('until systemctl is-active -q lazaret-clock; do sleep 0.2; done; ls /usr/sbin/nq-set'),
    '/usr/sbin/nq-set',
  );
  assert.equal(
    await told('grep -rli macaddress /etc/systemd/network /run/systemd/network'),
    '',
    'users’ copies have other addresses',
  );
  await shell.run('sync; systemctl poweroff');
  await ended;

  assert.ok(!existsSync(seed), 'the guest has said hello: with its passwords the seed is gone');
});
