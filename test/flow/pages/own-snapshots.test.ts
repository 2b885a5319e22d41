import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { vmPaths } from '../../../src/project/layout.ts';
import { takeVmLock } from '../../../src/project/make.ts';
import { openProject, vmNamed } from '../../../src/project/open.ts';
import { saveState } from '../../../src/project/save.ts';
import { program } from '../../fakes/command-line.ts';
import { madeProject } from '../../fakes/made-project.ts';

const NEEDS = { skip: whyNoBrowser() };

test(
  'an administrator keeps a state of his own copy in the page, goes back to it, and removes it',
  NEEDS,
  async (t) => {
    const { folder } = await madeProject(t);
    const report = (descriptor: string) => saveState(folder, 'office', { format: 1, descriptor });
    const reported = async () => vmNamed(await openProject(folder), 'office').state.descriptor;
    await report('0x01');
    await using manager = await ManagerInBrowser.open(folder);
    const { page } = manager;
    const card = page.getByRole('region', { name: 'before the update' });
    const take = page.getByRole('button', { name: 'Take a snapshot' });
    await manager.goto('/machines/office');
    await page.getByRole('link', { name: 'Snapshots' }).click();
    await page.getByText('None is kept yet.').waitFor();

    await t.test('a name is asked for; what is kept is told as the command line tells it', async () => {
      assert.ok(await take.isDisabled());
      await page.getByText('Still missing: Name of a new snapshot', { exact: true }).waitFor();
      await page.getByLabel('Name of a new snapshot').fill('before the update');
      await page.getByLabel('What it is for').fill('all works');
      await take.click();
      await page.getByText('“before the update” is kept.').waitFor();
      await card.getByText('all works').waitFor();
      await card.getByText('the machine goes on from this one').waitFor();
      await page.getByText('23 more may be kept').waitFor();
      const { stdout } = await program('lazaret-manager', ['-C', folder, 'vm', 'snapshot', 'list', 'office', '--json']);
      const [{ name, description }] = JSON.parse(stdout).snapshots;
      assert.deepEqual([name, description], ['before the update', 'all works']);
    });

    await t.test('one of that name is there already: it is said, with what helps', async () => {
      await page.getByLabel('Name of a new snapshot').fill('before the update');
      await take.click();
      await page.getByText('SNAPSHOT_TAKEN', { exact: true }).waitFor();
      await page.getByLabel('Name of a new snapshot').fill('');
    });

    await t.test('going back says first what is lost, and can be left', async () => {
      await report('0x02');
      await card.getByRole('button', { name: 'Go back to it …' }).click();
      await card.getByText('All that was changed in your copy of office since its last snapshot is lost.').waitFor();
      await manager.shoot('manager-snapshot-asked');
      await card.getByRole('button', { name: 'Cancel' }).click();
      assert.equal(await reported(), '0x02');
      await card.getByRole('button', { name: 'Go back to it …' }).click();
      await card.getByRole('button', { name: 'Go back to it', exact: true }).click();
      await page.getByText('The machine is as it was in “before the update”.').waitFor();
      assert.equal(await reported(), '0x01');
    });

    await t.test('while it runs it is not put back, and the page says why', async () => {
      await using _running = await takeVmLock(await openProject(folder), 'office');
      await card.getByRole('button', { name: 'Go back to it …' }).click();
      await card.getByRole('button', { name: 'Go back to it', exact: true }).click();
      await card.getByText('VM_RUNNING', { exact: true }).waitFor();
      await card.getByRole('button', { name: 'Cancel' }).click();
    });

    await t.test('of one that is suspended it is said what is lost besides', async () => {
      writeFileSync(vmPaths(folder, 'office').suspended, '');
      await card.getByRole('button', { name: 'Go back to it …' }).click();
      await card.getByText('what is in its memory is lost too').waitFor();
      await card.getByRole('button', { name: 'Go back to it', exact: true }).click();
      await card.getByRole('button', { name: 'Go back to it …' }).waitFor();
      assert.equal(existsSync(vmPaths(folder, 'office').suspended), false);
    });

    await t.test('it is removed, and is gone', async () => {
      await card.getByRole('button', { name: 'Remove it …' }).click();
      await card.getByText('“before the update” is gone for good then').waitFor();
      await card.getByRole('button', { name: 'Remove it', exact: true }).click();
      await page.getByText('None is kept yet.').waitFor();
      await page.getByText('“before the update” is removed.').waitFor();
    });
  },
);

test('nothing is lost by a request that does not say that its user knows', NEEDS, async (t) => {
  const { folder } = await madeProject(t);
  await program('lazaret-manager', ['-C', folder, 'vm', 'snapshot', 'take', 'office', 'one']);
  await using manager = await ManagerInBrowser.open(folder);
  for (const how of ['revert', 'remove']) {
    const answer = await manager.page.request.post(`${manager.origin}/api/v1/machines/office/snapshots/${how}`, {
      data: { name: 'one', confirmed: false },
      headers: { origin: manager.origin },
    });
    assert.equal(answer.status(), 409);
    assert.equal((await answer.json()).error.code, 'LOSS_CONFIRM');
  }
});

test('the page of snapshots holds up', NEEDS, async (t) => {
  const { folder } = await madeProject(t);
  const take = ['-C', folder, 'vm', 'snapshot', 'take', 'office'];
  await program('lazaret-manager', [...take, 'wie geliefert']);
  await program('lazaret-manager', [...take, 'vor dem Update', '--description', 'alles geht noch']);
  await using manager = await ManagerInBrowser.open(folder, { locale: 'de-DE' });
  await manager.holdsUp(
    '/machines/office/snapshots',
    (page) => page.getByRole('region', { name: 'vor dem Update' }),
    'manager-snapshots',
  );
  assert.deepEqual(manager.complaints, []);
});
