import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessibilityFaults, whyNoBrowser } from '../../lab/browser.ts';
import { GuestShell } from '../../lab/console.ts';
import { smallGuest } from '../../lab/guest.ts';
import { ManagerInBrowser } from '../../lab/manager-page.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { runningSockets } from '../../src/manager/machines/running-sockets.ts';
import { program } from '../fakes/command-line.ts';
import { HEARD, MEASURE, PLAY, WAVE } from '../fakes/heard-tone.ts';
import { madeProject } from '../fakes/made-project.ts';

const READ =
  'for try in 1 2 3 4; do dd if=/dev/sr0 of=/tmp/read bs=2048 count=1 2>/dev/null && head -c 12 /tmp/read && break; done';

test('an administrator puts a disc into his own copy and hears it, in the page beside its screen', {
  skip: whyNoNetwork() || whyNoBrowser(),
}, async (t) => {
  const guest = smallGuest({ hasDevices: true });
  const project = await madeProject(t);
  const said = async (...words: string[]) => {
    const { status, stdout, stderr } = await program('lazaret-manager', ['-C', project.folder, ...words]);
    assert.equal(status, 0, stdout + stderr);
    return stdout;
  };
  await said('vm', 'add', 'lab', '--disk', guest.disk(1), '--disk-format', 'raw', ...guest.vmOptions);
  await said('vm', 'device', 'add', 'lab', 'cd', '--kind', 'cd');
  await said('vm', 'device', 'add', 'lab', 'speaker', '--kind', 'sound');
  await said('vm', 'device', 'add', 'lab', 'lan', '--kind', 'network', '--network', 'nat');
  await said('vm', 'device', 'add', 'lab', 'lpt', '--kind', 'parallel');
  const disc = join(project.folder, 'tools.iso');
  writeFileSync(disc, 'a first disc'.padEnd(2 ** 20));
  // A socket’s path has a hundred characters.
  const run = mkdtempSync(join(tmpdir(), 'run-'));
  chmodSync(run, 0o755);
  t.after(() => rmSync(run, { recursive: true, force: true }));
  await using manager = await ManagerInBrowser.open(project.folder, {}, [
    ...['--run', run, '--accel', 'tcg', '--resolver', '127.0.0.1'],
  ]);
  const { page } = manager;
  await page.addInitScript(MEASURE);
  const begin = async (how: 'Power on' | 'Start in preview') => {
    await manager.goto('/machines/lab/run');
    await page.getByRole('button', { name: how }).click();
    await page.getByRole('button', { name: 'Devices' }).waitFor();
    return GuestShell.open((await runningSockets(project.folder, 'lab', run)).console);
  };
  const dialog = page.getByRole('dialog', { name: 'Devices: lab' });
  const cd = dialog.getByRole('region', { name: 'cd' });
  const sound = page.getByRole('menuitemcheckbox', { name: 'Play its sound here' });
  const menu = async () => {
    await page.getByRole('button', { name: 'Keys and screen' }).click();
    await sound.waitFor();
  };

  await t.test('powered on, all that it has is his to connect, whatever its policy says', async () => {
    using shell = await begin('Power on');
    await page.getByRole('button', { name: 'Devices' }).click();
    await cd.getByLabel('Image of a disc, or this computer’s drive').fill('/nowhere.iso');
    await cd.getByRole('button', { name: 'Connect' }).click();
    await cd.getByText('/nowhere.iso is not there').waitFor();
    await cd.getByLabel('Image of a disc, or this computer’s drive').fill(disc);
    await cd.getByRole('button', { name: 'Connect' }).click();
    await cd.getByText(`Connected: ${disc}`).waitFor();
    assert.equal((await shell.run(READ)).output.trim(), 'a first disc');
    assert.deepEqual(await accessibilityFaults(page), []);
    await manager.shoot('manager-devices');
    const [lan, lpt] = ['lan', 'lpt'].map((name) => dialog.getByRole('region', { name }));
    await lan?.getByText('Network card that reaches what the first one reaches').waitFor();
    const printed = join(project.folder, 'printed.txt');
    await lpt?.getByLabel('File that takes what is printed, or a port of this computer').fill(printed);
    await lpt?.getByRole('button', { name: 'Connect' }).click();
    await lpt?.getByText(`Connected: ${printed}`).waitFor();
    await lpt?.scrollIntoViewIfNeeded();
    await manager.shoot('manager-devices-port');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await lan?.scrollIntoViewIfNeeded();
    await manager.shoot('manager-devices-390-dark');
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.emulateMedia({ colorScheme: 'light' });
    assert.match(await said('vm', 'device', 'list', 'lab', '--run', run), /^cd +cd +\S+tools\.iso +everybody/m);
    await said('vm', 'device', 'disconnect', 'lab', 'cd', '--run', run);
    await cd.getByText('Connected:').waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');

    assert.equal((await shell.run(WAVE)).status, 0);
    await shell.run(PLAY);
    await menu();
    await sound.click();
    while (!(await page.evaluate<boolean>(HEARD))) await new Promise((resolve) => setTimeout(resolve, 20));
    await menu();
    assert.equal(await sound.getAttribute('aria-checked'), 'true');
    assert.deepEqual(await accessibilityFaults(page), []);
    await manager.shoot('manager-sound');
    await page.keyboard.press('Escape');
    await said('vm', 'device', 'disconnect', 'lab', 'speaker', '--run', run);
    await page.getByText('Its sound is heard here no more.').waitFor();
    shell.send('poweroff -f');
    await page.getByText('The machine has shut down.').waitFor();
  });

  await t.test('in preview he meets what users will: the project lets nobody', async () => {
    using shell = await begin('Start in preview');
    await page.getByRole('button', { name: 'Devices' }).click();
    await cd.getByText(/lets nobody connect it/).waitFor();
    assert.equal(await cd.getByRole('button').count(), 0);
    await manager.shoot('manager-devices-preview');
    await page.keyboard.press('Escape');
    await menu();
    assert.ok(await sound.isDisabled());
    await page.keyboard.press('Escape');
    shell.send('poweroff -f');
    await page.getByText('The machine has shut down.').waitFor();
  });

  // What was refused, and is said in the page, the browser lists too.
  assert.deepEqual(
    manager.complaints.filter((text) => !text.startsWith('Failed to load resource')),
    [],
  );
});
