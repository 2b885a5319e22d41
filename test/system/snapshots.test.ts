import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { accessibilityFaults, followLink, LabBrowser, whyNoBrowser } from '../../lab/browser.ts';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { stateOf } from '../fakes/counting-machine.ts';
import { shoot } from '../fakes/shoot.ts';

test('a user keeps a state in the player, breaks the guest, and goes back: disks, version and access together', {
  skip: whyNoNetwork() || whyNoBrowser(),
}, async (t) => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject('--data-disk', '64M');
  appendFileSync(join(job.computer.project, 'vms', job.vm, 'policy.yaml'), 'snapshots: { enabled: true, most: 2 }\n');
  await job.setQuarantine({ interval: '10s' });
  const first = await job.addVersion('1.0');
  const second = await job.addVersion('1.1');
  await job.require('1.1');
  await job.serve();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  const made = await job.guest(
    'mke2fs /dev/vdb >/dev/null 2>&1 && mount /dev/vdb /mnt && echo mine >/mnt/mine && echo mine >/root/mine && sync',
  );
  assert.equal(made.status, 0, made.output);
  assert.equal((await job.nqSet(first)).status, 0);
  await job.stopMachine();

  await using lab = await LabBrowser.start(job.network);
  const page = await (await lab.browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' })).newPage();
  const { stdout } = await job.computer.lazaret('open', '--no-browser', '--json');
  const { url } = JSON.parse(stdout);
  const dialog = page.getByRole('dialog', { name: 'Snapshots: office' });
  const openDialog = async () => {
    await page.goto(new URL('/machines/office', url).href);
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Snapshots …' }).click();
  };

  await t.test('it is taken in the player, with a name and what it is for', async () => {
    await followLink(page, url);
    await page.getByRole('region', { name: 'office' }).waitFor();
    await openDialog();
    await dialog.getByText('None is kept yet.').waitFor();
    await dialog.getByLabel('Name of a new snapshot').fill('all works');
    await dialog.getByLabel('What it is for').fill('before the game');
    await dialog.getByRole('button', { name: 'Take a snapshot' }).click();
    const card = dialog.getByRole('region', { name: 'all works' });
    await card.getByText('the machine goes on from this one').waitFor();
    await card.getByText('before the game').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await shoot(page, 'player-snapshots');
  });

  await t.test('while the machine runs it is said that it stands still for it, and goes on', async () => {
    await job.startMachine();
    assert.match((await job.guest('mount /dev/vdb /mnt && cat /mnt/mine /root/mine')).output, /mine\s+mine/);
    await job.guest('rm /mnt/mine /root/mine; sync');
    assert.equal((await job.nqSet(second)).status, 0);
    await job.until('normal');
    await openDialog();
    await dialog.getByText('It stands still while that is saved, and goes on afterwards.').waitFor();
    await dialog.getByLabel('Name of a new snapshot').fill('broken');
    await dialog.getByRole('button', { name: 'Take a snapshot' }).click();
    const card = dialog.getByRole('region', { name: 'broken' });
    await card.getByText('With its memory: it goes on where it was.').waitFor();
    await shoot(page, 'player-snapshot-running');
    // It is kept, and goes on a moment later.
    while ((await stateOf(job)) !== 'running') await sleep(100);
    await card.getByRole('button', { name: 'Remove it …' }).click();
    await card.getByRole('button', { name: 'Remove it', exact: true }).click();
    await card.waitFor({ state: 'detached' });
    await job.connect();
  });

  await t.test(
    'going back names what is lost; disks and version are as they were, and access is judged anew',
    async () => {
      await openDialog();
      await dialog.getByRole('button', { name: 'Go back to it …' }).click();
      await dialog.getByText('All that was changed in office since its last snapshot is lost.').waitFor();
      await dialog.getByText('The machine runs: it is powered off, and starts from the snapshot.').waitFor();
      await shoot(page, 'player-snapshot-revert');
      await dialog.getByRole('button', { name: 'Go back to it', exact: true }).click();
      await dialog.getByRole('button', { name: 'Go back to it …' }).waitFor();
      await job.connect();
      assert.match((await job.guest('mount /dev/vdb /mnt && cat /mnt/mine /root/mine')).output, /mine\s+mine/);
      assert.equal((await job.status()).version, '1.0');
      await job.until('restricted');
      await job.stopMachine();
    },
  );

  await t.test('in the command line they are listed, taken, and removed', async () => {
    const { stdout: list } = await job.computer.lazaret('snapshot', 'list', job.vm);
    assert.match(list, /^all works {2}\S+Z {2}generation 1 {2}← the machine goes on from it\n {2}before the game/);
    assert.equal((await job.computer.lazaret('snapshot', 'take', job.vm, 'two')).status, 0);
    const full = await job.computer.lazaret('snapshot', 'take', job.vm, 'three');
    assert.match(full.stdout + full.stderr, /SNAPSHOT_FULL/);
    const unconfirmed = await job.computer.lazaret('snapshot', 'remove', job.vm, 'two');
    assert.match(unconfirmed.stdout + unconfirmed.stderr, /SNAPSHOT_CONFIRM/);
    for (const name of ['two', 'all works'])
      assert.equal((await job.computer.lazaret('snapshot', 'remove', job.vm, name, '--yes')).status, 0);
    await job.startMachine();
    assert.match((await job.guest('mount /dev/vdb /mnt && cat /mnt/mine /root/mine')).output, /mine\s+mine/);
    await job.stopMachine();
  });

  await t.test('of a suspended machine the memory is kept: gone back to, it goes on where it was', async () => {
    await job.startMachine();
    await job.guest('echo here >/tmp/in-memory; echo on-disk >/root/on-disk; sync');
    assert.equal((await job.computer.lazaret('suspend', job.vm)).status, 0);
    assert.equal((await job.computer.lazaret('snapshot', 'take', job.vm, 'at work')).status, 0);
    await job.startMachine();
    assert.match((await job.guest('cat /tmp/in-memory')).output, /here/, 'who goes on after it notices nothing');
    await job.guest('rm /tmp/in-memory /root/on-disk; sync');
    await job.stopMachine();
    assert.equal((await job.computer.lazaret('snapshot', 'revert', job.vm, 'at work', '--yes')).status, 0);
    await job.startMachine();
    assert.match((await job.guest('cat /tmp/in-memory /root/on-disk')).output, /here\s+on-disk/);
    await job.stopMachine();
  });
});
