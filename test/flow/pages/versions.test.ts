import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { vmPaths } from '../../../src/project/layout.ts';
import { program } from '../../fakes/command-line.ts';
import { madeProject } from '../../fakes/made-project.ts';
import { threeVersions, V1, V2 } from '../../fakes/quarantine.ts';

const LINE = 'The red line: versions above it have normal access';
const NEEDS = { skip: whyNoBrowser() };

/** A project whose machine has three versions; its policy file has comments of its administrator’s. */
async function versioned(t: TestContext) {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  const path = vmPaths(project.folder, 'office').policy;
  writeFileSync(path, `# ours\n${readFileSync(path, 'utf8')}`);
  return { project, path };
}

/** Which versions are shown with which access, from the top. */
async function shown(page: Page): Promise<string[]> {
  const rows = await page.getByRole('list', { name: 'Versions, the newest on top' }).getByRole('listitem').all();
  return Promise.all(
    rows.map(async (row) => {
      const name = await row.locator('[title]').first().getAttribute('title');
      const isRestricted = await row.getByText('restricted', { exact: true }).isVisible();
      return `${name} ${isRestricted ? 'restricted' : 'normal'}`;
    }),
  );
}

test(
  'versions are added, the red line is moved by keyboard, and the file says what the command line would write',
  NEEDS,
  async (t) => {
    const { project, path } = await versioned(t);
    const before = readFileSync(path, 'utf8');
    await using manager = await ManagerInBrowser.open(project.folder);
    const { page } = manager;
    await page.getByRole('link', { name: 'office', exact: true }).first().click();
    await page.getByRole('link', { name: 'Manage versions' }).click();
    const line = page.getByRole('slider', { name: LINE });
    await line.waitFor();
    assert.deepEqual(await shown(page), ['third normal', 'second normal', 'first restricted']);

    await t.test('the dialog proposes a name and has the commands, each with a button that copies it', async () => {
      await page.getByRole('button', { name: 'Add new version' }).click();
      const dialog = page.getByRole('dialog', { name: 'Add New Version' });
      await dialog.getByLabel('Name').fill('2026-11');
      await dialog.getByLabel('Description').fill('November');
      await dialog.getByText(/vmware-guestd --cmd "nq-set 0x[0-9A-F]{8}"/).waitFor();
      await dialog.getByText(/vmwareservice" -cmd "nq-set 0x[0-9A-F]{8}"/).waitFor();
      await dialog.getByRole('button', { name: 'OK' }).click();
      await dialog.waitFor({ state: 'detached' });
      assert.deepEqual((await shown(page))[0], '2026-11 normal');
    });

    await t.test('a name that is there already is said while it is typed, and the next one is proposed', async () => {
      await page.getByRole('button', { name: 'Add new version' }).click();
      const dialog = page.getByRole('dialog', { name: 'Add New Version' });
      assert.equal(await dialog.getByLabel('Name').inputValue(), '2026-12');
      await dialog.getByLabel('Name').fill('third');
      await dialog.getByText('There is a version of this name.').waitFor();
      await dialog.getByRole('button', { name: 'Cancel' }).click();
    });

    await t.test('each key moves the line, rows change at once, and the sentence says what it means', async () => {
      const at: [key: string, sentence: RegExp, normal: number][] = [
        ['ArrowUp', /^Machines with third or newer have normal access\./, 2],
        ['ArrowUp', /^Only machines with 2026-11 have normal access\./, 1],
        ['Home', /^No version has normal access: every machine is restricted/, 0],
        ['End', /^Every version has normal access\./, 4],
        ['PageUp', /^No version has normal access/, 0],
        ['ArrowDown', /^Only machines with 2026-11/, 1],
      ];
      await line.focus();
      for (const [key, sentence, normal] of at) {
        await page.keyboard.press(key);
        assert.match((await line.getAttribute('aria-valuetext')) ?? '', sentence, key);
        await page.getByText(sentence).first().waitFor();
        assert.equal((await shown(page)).filter((row) => row.endsWith(' normal')).length, normal, key);
      }
      assert.equal(readFileSync(path, 'utf8'), before, 'nothing is written before it is saved');
    });

    await t.test('saved, the file has it, with its comments, and the page says what is still to be done', async () => {
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText(/Saved\. deploy to put it in force/).waitFor();
      const list = await program('lazaret-manager', [
        '-C',
        project.folder,
        'nq',
        'version',
        'list',
        'office',
        '--json',
      ]);
      const { threshold, versions } = JSON.parse(list.stdout);
      assert.deepEqual([threshold, versions.at(-1).description, versions.length], ['2026-11', 'November', 4]);
      assert.match(readFileSync(path, 'utf8'), /^# ours\n/);
      await page.getByText('1 change not deployed').waitFor();
    });
    assert.deepEqual(manager.complaints, []);
  },
);

test('a dialog keeps its title while it closes', NEEDS, async (t) => {
  const { project } = await versioned(t);
  await using manager = await ManagerInBrowser.open(project.folder, { reducedMotion: 'no-preference' });
  const { page } = manager;
  await manager.goto('/machines/office/versions');
  await page.getByRole('button', { name: 'Add new version' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add New Version' });
  await page.evaluate(`
    globalThis.titles = new Set();
    const look = () => titles.add(document.querySelector('[role=dialog] h2')?.textContent);
    look();
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });`);
  await dialog.getByRole('button', { name: 'OK' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(await page.evaluate('[...titles].filter(Boolean)'), ['Add New Version']);
});

test('the red line is dragged by mouse, and taken by a finger', NEEDS, async (t) => {
  const { project } = await versioned(t);
  await using manager = await ManagerInBrowser.open(project.folder, { hasTouch: true });
  const { page } = manager;
  await manager.goto('/machines/office/versions');
  const line = page.getByRole('slider', { name: LINE });
  await line.waitFor();
  const handle = await line.boundingBox();
  assert.ok(handle && handle.width >= 44 && handle.height >= 44, 'as large as a finger needs');

  await line.hover();
  await page.mouse.down();
  await page.mouse.move(handle.x + 20, handle.y + 22 - 56, { steps: 4 });
  assert.deepEqual(await shown(page), ['third normal', 'second restricted', 'first restricted'], 'while it is moved');
  await page.mouse.up();
  await page.getByText(/^Only machines with third/).waitFor();

  await page.touchscreen.tap(handle.x + 20, handle.y + 22 + 56);
  await page.getByText(/^Every version has normal access/).waitFor();
});

test(
  'properties show the same commands again; a version is renamed and removed, but not where the line stands',
  NEEDS,
  async (t) => {
    const { project } = await versioned(t);
    await using manager = await ManagerInBrowser.open(project.folder);
    const { page } = manager;
    await manager.goto('/machines/office/versions');

    await page.getByRole('button', { name: 'Properties of second' }).click();
    const second = page.getByRole('dialog', { name: 'Properties of second' });
    await second.getByText(`"nq-set ${V2}"`).first().waitFor();
    await second.getByText('The red line stands at this version: move it first.').waitFor();
    assert.ok(await second.getByRole('button', { name: 'Remove this version' }).isDisabled());
    await second.getByLabel('Name').fill('second, mended');
    await second.getByRole('button', { name: 'OK' }).click();
    await page.getByRole('button', { name: 'Properties of first' }).click();
    await page.getByRole('button', { name: 'Remove this version' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();

    const text = readFileSync(vmPaths(project.folder, 'office').policy, 'utf8');
    assert.match(text, /threshold: second, mended/);
    assert.match(text, new RegExp(`${V1}.*\\n\\s*removed: true`));
  },
);

test(
  'who saves later is told that somebody else has changed the file, and nothing of his is lost',
  NEEDS,
  async (t) => {
    const { project } = await versioned(t);
    await using manager = await ManagerInBrowser.open(project.folder);
    const { page } = manager;
    await manager.goto('/machines/office/versions');
    const line = page.getByRole('slider', { name: LINE });
    await line.focus();
    await page.keyboard.press('Home');

    const other = ['-C', project.folder, 'nq', 'version', 'add', 'office', 'fourth'];
    assert.equal((await program('lazaret-manager', other)).status, 0);
    await page.getByText('Somebody else has changed this policy meanwhile.').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('PROJECT_CHANGED').waitFor();
    await page.getByRole('button', { name: 'Show it with my changes' }).click();
    await page.getByRole('button', { name: 'Properties of fourth' }).waitFor();
    assert.match((await line.getAttribute('aria-valuetext')) ?? '', /^No version/, 'the line is where it was moved to');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    assert.match(readFileSync(vmPaths(project.folder, 'office').policy, 'utf8'), /fourth[\s\S]*threshold: null/);
  },
);

test('who leaves with changes is asked; with reports at hand the sentence counts machines', NEEDS, async (t) => {
  const { project } = await versioned(t);
  const reports = join(project.folder, 'reports');
  mkdirSync(reports);
  for (const [index, descriptor] of [V1, V2, V2].entries())
    writeFileSync(join(reports, `${index}.json`), JSON.stringify({ vm: 'office', descriptor, access: 'normal' }));
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  await manager.goto('/machines/office/versions');
  await page.getByText('Of 3 known machines 1 would be restricted.').waitFor();
  await page.getByRole('slider', { name: LINE }).focus();
  await page.keyboard.press('ArrowUp');
  await page.getByText('Of 3 known machines 3 would be restricted.').waitFor();

  await page.getByRole('link', { name: 'Packages' }).click();
  await page.getByRole('button', { name: 'Stay' }).click();
  await page.getByText('Of 3 known machines 3 would be restricted.').waitFor();
  await page.getByRole('link', { name: 'Packages' }).click();
  await page.getByRole('button', { name: 'Leave' }).click();
  await page.getByRole('heading', { level: 1, name: 'Packages' }).waitFor();
});

test('of 500 versions those in sight are drawn, and the keys lead the line over all of them', NEEDS, async (t) => {
  const { project } = await versioned(t);
  const versions = Array.from({ length: 500 }, (_none, at) => ({
    name: `v${at}`,
    descriptor: `0x${`${at}`.padStart(8, '0')}`,
  }));
  await project.setQuarantine(threeVersions({ versions, threshold: undefined }));
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  await manager.goto('/machines/office/versions');
  await page.getByText('v499', { exact: true }).waitFor();
  assert.ok((await shown(page)).length < 30);

  await page.getByRole('slider', { name: LINE }).focus();
  await page.keyboard.press('ArrowUp');
  await page.getByText(/^Machines with v1 or newer/).waitFor();
  await page.getByText('v0', { exact: true }).waitFor();
  assert.deepEqual((await shown(page)).slice(-2), ['v1 normal', 'v0 restricted']);
});

test('the page of versions holds up, with long names and none at all', NEEDS, async (t) => {
  const { project } = await versioned(t);
  await project.addVm('empty');
  await project.setPolicy({ quarantine: threeVersions({ versions: [], threshold: undefined }) }, 'empty');
  const long = { name: 'n'.repeat(100), descriptor: '0x00000009', description: 'd '.repeat(200).trim() };
  const versions = [...threeVersions().versions, long, { name: '<b>b</b>', descriptor: '0x00000010' }];
  await project.setQuarantine(threeVersions({ versions, grace: '3d', initial: 'first' }));
  await using manager = await ManagerInBrowser.open(project.folder, { locale: 'de-DE' });

  const path = '/machines/office/versions';
  await manager.holdsUp(path, (page) => page.getByText('<b>b</b>'), 'manager-versions');
  await manager.holdsUp(
    '/machines/empty/versions',
    (page) => page.getByText('noch keine Version'),
    'manager-versions-none',
  );
  await manager.goto(path);
  await manager.page.getByRole('button', { name: 'Neue Version' }).click();
  await manager.page.getByRole('dialog').getByLabel('Name').waitFor();
  await manager.shoot('manager-version-add');
  assert.deepEqual(manager.complaints, []);
});
