import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { runsInPreview } from '../../../lab/previewed.ts';
import { madeProject } from '../../fakes/made-project.ts';

const NEEDS = { skip: whyNoBrowser() };
const STARTED = '2026-12-01T09:30:00.000Z';
const [CONTROL, ALT, DELETE] = [0xffe3, 0xffe9, 0xffff];

test(
  'the screen of a machine in the manager gets Ctrl-Alt-Del and text from a menu, as the player’s does',
  NEEDS,
  async (t) => {
    const project = await madeProject(t);
    await using manager = await ManagerInBrowser.open(project.folder);
    const { page } = manager;
    const pressed = await runsInPreview(page, 'office', STARTED);
    const menu = page.getByRole('button', { name: 'Keys and screen' });
    const until = async (keys: readonly number[]) => {
      while (pressed.length < keys.length) await page.waitForTimeout(20);
      assert.deepEqual(pressed.splice(0), keys);
    };
    await manager.goto('/machines/office/run');
    await page.getByRole('application').locator('canvas').waitFor();

    await menu.click();
    await page.getByRole('menuitem', { name: 'Send Ctrl-Alt-Del' }).click();
    await until([CONTROL, ALT, DELETE]);
    await menu.click();
    await page.getByRole('menuitemradio', { name: 'The screen in its own size' }).click();
    await menu.click();
    assert.equal(
      await page.getByRole('menuitemradio', { name: 'The screen in its own size' }).getAttribute('aria-checked'),
      'true',
    );
    await page.getByRole('menuitem', { name: 'Send text' }).click();
    const dialog = page.getByRole('dialog', { name: 'Send text: office' });
    await dialog.getByRole('textbox').fill('nq');
    await dialog.getByRole('button', { name: 'Send' }).click();
    await until(['n', 'q'].map((letter) => letter.charCodeAt(0)));
    assert.deepEqual(manager.complaints, []);
  },
);

test('running a machine holds up, before it starts and with its screen', NEEDS, async (t) => {
  const project = await madeProject(t);
  await using manager = await ManagerInBrowser.open(project.folder, { locale: 'de-DE' });
  await manager.holdsUp(
    '/machines/office/run',
    (page) => page.getByRole('button', { name: 'In der Vorschau starten' }),
    'manager-run',
  );
  await runsInPreview(manager.page, 'office', STARTED);
  await manager.holdsUp(
    '/machines/office/run',
    (page) => page.getByRole('application').locator('canvas'),
    'manager-run-preview',
  );
  await manager.page.getByText('ihre Version ist zu alt; die nächste ist 2026-11').waitFor();
  for (const size of [
    { width: 1280, height: 720 },
    { width: 390, height: 844 },
  ]) {
    await manager.page.setViewportSize(size);
    const shutDown = await manager.page.getByRole('button', { name: 'Herunterfahren' }).boundingBox();
    assert.ok(shutDown && shutDown.y + shutDown.height <= size.height, 'it is in sight without scrolling');
  }
  assert.deepEqual(manager.complaints, []);
});
