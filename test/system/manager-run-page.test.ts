import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { whyNoBrowser } from '../../lab/browser.ts';
import { GuestShell } from '../../lab/console.ts';
import { smallGuest } from '../../lab/guest.ts';
import { ManagerInBrowser } from '../../lab/manager-page.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { runningSockets } from '../../src/manager/machines/running-sockets.ts';
import { program } from '../fakes/command-line.ts';
import { madeProject } from '../fakes/made-project.ts';
import { threeVersions, V3 } from '../fakes/quarantine.ts';

test('an administrator starts a machine in preview in the page: its screen, its access, and its end', {
  skip: whyNoNetwork() || whyNoBrowser(),
}, async (t) => {
  const guest = smallGuest();
  const project = await madeProject(t);
  const words = ['vm', 'add', 'lab', '--disk', guest.disk(1), '--disk-format', 'raw', ...guest.vmOptions];
  assert.equal((await program('lazaret-manager', ['-C', project.folder, ...words])).status, 0);
  await project.setPolicy({ quarantine: threeVersions() }, 'lab');
  // A socket’s path has a hundred characters.
  const run = mkdtempSync(join(tmpdir(), 'run-'));
  chmodSync(run, 0o755);
  t.after(() => rmSync(run, { recursive: true, force: true }));
  await using manager = await ManagerInBrowser.open(project.folder, {}, [
    ...['--run', run, '--accel', 'tcg', '--resolver', '127.0.0.1'],
  ]);
  const { page } = manager;

  await manager.goto('/machines/lab');
  await page.getByRole('link', { name: 'Start in preview, or power on' }).click();
  await page.getByRole('checkbox', { name: 'Guest tools in a drive' }).check();
  await page.getByRole('button', { name: 'Start in preview' }).click();
  await page.getByRole('application', { name: 'Screen of the machine' }).locator('canvas').waitFor();
  await page.getByText('restricted', { exact: true }).waitFor();
  assert.ok(existsSync(join(project.folder, 'vms', 'lab', 'guest-tools.iso')), 'it has the CD with the guest tools');
  await manager.shoot('manager-run');

  const { console } = await runningSockets(project.folder, 'lab', run);
  using shell = await GuestShell.open(console);
  assert.equal((await shell.run(`nq-set ${V3}`)).status, 0);
  await page.getByText('normal', { exact: true }).waitFor();

  const other = await page.context().newPage();
  await other.goto(`${manager.origin}/packages`);
  await other.getByRole('region', { name: 'Goes on now' }).getByRole('link', { name: 'Running lab' }).click();
  await other.getByRole('button', { name: 'Power off' }).click();
  await other.getByRole('dialog').getByRole('button', { name: 'Power off' }).click();
  await page.getByText('The machine has shut down.').waitFor();
  await page.getByRole('button', { name: 'Start in preview' }).waitFor();
  await manager.shoot('manager-run-begin');
});
