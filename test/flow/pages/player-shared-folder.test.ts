import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessibilityFaults, followLink, LabBrowser, whyNoBrowser } from '../../../lab/browser.ts';
import { openPlayer } from '../../../lab/player-page.ts';
import type { MachineAnswer } from '../../../src/api/machine.ts';
import type { ShareFolderRequest } from '../../../src/api/shared-folder.ts';
import { shoot } from '../../fakes/shoot.ts';

const RIGHTS = { power: true, snapshots: 0, fullScreen: false, preferences: true };
const running = (vm: string, sharedFolder: 'nobody' | 'read-only' | 'read-write'): MachineAnswer => ({
  ...{ vm, state: 'running', access: 'normal', reason: 'its version is new enough' },
  rights: { ...RIGHTS, sharedFolder },
});

test('a user shares a folder of his in the player, as far as the project lets him, and takes it away', {
  skip: whyNoBrowser(),
}, async (t) => {
  const machines = [running('office', 'read-write'), running('lab', 'read-only'), running('exam', 'nobody')];
  const asked: (ShareFolderRequest | undefined)[] = [];
  const [office] = machines;
  const sharing = (request: ShareFolderRequest | undefined) => {
    asked.push(request);
    if (request?.path === '/home/alice/link') {
      const reason = '/home/alice/link is or goes through a link';
      return { error: { code: 'SHARE_FOLDER' as const, reason, causes: [], remedy: 'Share another.', details: {} } };
    }
    if (!office) throw new Error('there is none');
    const { sharedFolder: _, ...without } = office;
    const share = request ? { sharedFolder: { ...request, since: '2026-11-29T08:00:00Z' } } : {};
    machines[0] = { ...without, ...share };
    return machines[0];
  };
  await using player = await openPlayer({ machines, events: [], sharing });
  await using lab = await LabBrowser.start();
  const page = await (await lab.browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' })).newPage();
  const open = async (vm: string) => {
    await followLink(page, player.link(`/machines/${vm}`));
    await page.getByRole('button', { name: 'More' }).click();
  };
  const dialog = page.getByRole('dialog');
  const item = page.getByRole('menuitem', { name: 'Shared folder' });

  await t.test('a path that is not whole is said so; what is refused has its reason', async () => {
    await open('office');
    await item.click();
    const path = dialog.getByLabel('Folder of this computer');
    await path.fill('exchange');
    await dialog.getByText('A whole path begins with /').waitFor();
    assert.ok(await dialog.getByRole('button', { name: 'Share', exact: true }).isDisabled());
    await path.fill('/home/alice/link');
    await path.press('Enter');
    await dialog.getByText('/home/alice/link is or goes through a link').waitFor();
    assert.equal(await path.inputValue(), '/home/alice/link', 'what was typed stays');
  });

  await t.test('shared, it is shown with how, and taken away with a button', async () => {
    await dialog.getByLabel('Folder of this computer').fill('/home/alice/exchange');
    await dialog.getByLabel('The machine may write there').check();
    await dialog.getByRole('button', { name: 'Share', exact: true }).click();
    await dialog.getByText('Shared, to be read and written: /home/alice/exchange').waitFor();
    assert.deepEqual(asked.at(-1), { path: '/home/alice/exchange', readOnly: false });
    assert.deepEqual(await accessibilityFaults(page), []);
    await shoot(page, 'player-shared-folder');
    await dialog.getByRole('button', { name: 'Share it no more' }).click();
    await dialog.getByText('Shared, to be').waitFor({ state: 'detached' });
    assert.equal(asked.at(-1), undefined);
  });

  await t.test(
    'where the project lets it be read alone the switch is locked, and where it lets none the item is',
    async () => {
      await open('lab');
      await item.click();
      assert.ok(await dialog.getByLabel('The machine may write there').isDisabled());
      await dialog.getByText('set by').waitFor();
      await open('exam');
      assert.ok(await item.isDisabled());
    },
  );
});
