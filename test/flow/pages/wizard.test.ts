import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { asJson } from '../../../src/lib/json.ts';
import type { Quarantine } from '../../../src/policy/quarantine.ts';
import { vmPaths } from '../../../src/project/layout.ts';
import { openProject, vmNamed } from '../../../src/project/open.ts';
import { madeProject, PASSPHRASE } from '../../fakes/made-project.ts';
import { threeVersions } from '../../fakes/quarantine.ts';

const NEEDS = { skip: whyNoBrowser() };
const PANELS = 'Panels of the wizard';

async function quarantineIn(folder: string): Promise<Quarantine> {
  return vmNamed(await openProject(folder), 'office').policy.value.quarantine;
}

async function panelsOf(page: Page): Promise<string[]> {
  return page.getByRole('navigation', { name: PANELS }).getByRole('link').allTextContents();
}

async function addEntry(page: Page, entry: string): Promise<void> {
  await page.getByLabel('Add an address, a subnet or a name').fill(entry);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
}

test(
  'the wizard makes a version-based quarantine: every panel in VMware ACE’s order, written once at Finish',
  NEEDS,
  async (t) => {
    const project = await madeProject(t);
    const { policy } = vmPaths(project.folder, 'office');
    const before = readFileSync(policy, 'utf8');
    await using manager = await ManagerInBrowser.open(project.folder);
    const { page } = manager;
    const next = () => page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('link', { name: 'office', exact: true }).first().click();
    await page.getByRole('link', { name: 'Edit network quarantine policy' }).click();
    await page.getByRole('radio', { name: 'Version-based quarantine' }).check();

    await t.test('the panels follow the type', async () => {
      assert.deepEqual(await panelsOf(page), [
        ...['Network Quarantine Options', 'Policy Lookup', 'Networks and Machines, normal access', 'Network Traffic'],
        ...[
          'Networks and Machines, restricted access',
          'Manage Versions',
          'Messages',
          'Ready to Complete',
          'Deploy Policy',
        ],
      ]);
      await next();
      await page.getByText(`Computers look it up at file://${project.folder}/published/policies.`).waitFor();
    });

    await t.test('an entry that is none is said while it is typed; good ones go into the list', async () => {
      await next();
      await page.getByLabel('Add an address, a subnet or a name').fill('10.0.0.1/8');
      await page.getByText(/starts inside a subnet; its first address is 10\.0\.0\.0/).waitFor();
      await addEntry(page, '10.0.0.0/8');
      await page.getByRole('list', { name: 'The list' }).getByText('10.0.0.0/8').waitFor();
      await next();
      await page.getByRole('checkbox', { name: 'ICMP packets' }).first().check();
      await next();
      await addEntry(page, '10.0.0.5 tcp 80,443');
    });

    await t.test('two versions are defined, and the line is moved by keyboard', async () => {
      await next();
      for (const name of ['2026-10', '2026-11']) {
        await page.getByRole('button', { name: 'Add new version' }).click();
        await page.getByRole('dialog').getByLabel('Name').fill(name);
        await page.getByRole('dialog').getByRole('button', { name: 'OK' }).click();
      }
      await page.getByRole('slider').focus();
      await page.keyboard.press('ArrowUp');
      await page.getByText(/^Only machines with 2026-11 have normal access/).waitFor();
    });

    await t.test('a message is shown as its user will see it', async () => {
      await next();
      await page.getByLabel('Shown while access is restricted').fill('Please install the updates.');
      await page.getByRole('img', { name: 'office, restricted: Please install the updates.' }).waitFor();
    });

    await t.test('a reload and Back lose nothing', async () => {
      await page.reload();
      assert.equal(
        await page.getByLabel('Shown while access is restricted').inputValue(),
        'Please install the updates.',
      );
      await page.goBack();
      await page.getByText(/^Only machines with 2026-11 have normal access/).waitFor();
      await page.goForward();
    });

    await t.test('Ready to Complete has each choice, with the way back to it', async () => {
      await next();
      await page
        .getByRole('row', { name: /Networks and Machines, restricted access.*10\.0\.0\.5 tcp 80,443/ })
        .waitFor();
      await page.getByRole('main').getByRole('link', { name: 'Network Traffic' }).last().click();
      assert.ok(await page.getByRole('checkbox', { name: 'ICMP packets' }).first().isChecked());
      assert.equal(readFileSync(policy, 'utf8'), before, 'nothing is written before Finish');
    });

    await t.test('Finish writes it, and leads on to the deployments', async () => {
      await page.getByRole('button', { name: 'Finish' }).click();
      await page.getByRole('heading', { level: 1, name: 'Deployments' }).waitFor();
      await page.getByText(/office: (never deployed|changed)/).waitFor();
      const made = await quarantineIn(project.folder);
      assert.ok(made.type === 'version-based');
      assert.deepEqual(asJson(made.normal), { entries: ['10.0.0.0/8'], exceptions: ['icmp'] });
      assert.deepEqual(asJson(made.restricted.entries), ['10.0.0.5 tcp 80,443']);
      assert.deepEqual([made.versions.map(({ name }) => name), made.threshold], [['2026-10', '2026-11'], '2026-11']);
      assert.equal(made.messages.restricted, 'Please install the updates.');
    });

    await t.test('Deploy Policy signs it, with a wrong passphrase told and a right one kept nowhere', async () => {
      const passphrase = page.getByLabel('Passphrase of the project’s keys');
      await passphrase.fill('not the one');
      await page.getByRole('button', { name: 'Deploy policy' }).click();
      await page.getByText('KEY_PASSPHRASE').waitFor();
      assert.equal(await passphrase.inputValue(), '');
      await passphrase.fill(PASSPHRASE);
      await page.getByRole('button', { name: 'Deploy policy' }).click();
      await page.getByText(/Deploy 1 is signed and lies in/).waitFor();
      await page.getByText('Computers are told all that the project says.').waitFor();
      assert.equal(
        await page
          .evaluate('JSON.stringify([{ ...sessionStorage }, { ...localStorage }, location.href])')
          .then((kept) => String(kept).includes('correct')),
        false,
      );
    });
    assert.deepEqual(manager.complaints, []);
  },
);

const ORDERS: [type: string, label: string, panels: string[]][] = [
  [
    'static',
    'Static quarantine',
    ['Network Quarantine Options', 'Networks and Machines', 'Network Traffic', 'Ready to Complete'],
  ],
  [
    'dynamic',
    'Dynamic quarantine',
    [
      ...['Network Quarantine Options', 'Policy Lookup', 'Networks and Machines', 'Network Traffic'],
      ...['Ready to Complete', 'Deploy Policy'],
    ],
  ],
  [
    'custom',
    'Custom quarantine using script',
    [
      ...['Network Quarantine Options', 'Script', 'Networks and Machines, normal access'],
      ...['Networks and Machines, restricted access', 'Network Traffic', 'Messages', 'Ready to Complete'],
    ],
  ],
];

test('each of the other types has its panels in order', NEEDS, async (t) => {
  const project = await madeProject(t);
  await using manager = await ManagerInBrowser.open(project.folder);
  await manager.goto('/machines/office/quarantine');
  for (const [type, label, panels] of ORDERS) {
    await manager.page.getByRole('radio', { name: label }).check();
    await manager.page.getByRole('link', { name: panels[1] ?? '', exact: true }).waitFor();
    assert.deepEqual(await panelsOf(manager.page), panels, type);
  }
  // The last is custom: each of its answers is a line that says what it is about, also where nothing is chosen.
  await manager.goto('/machines/office/quarantine/ready');
  for (const line of [
    'What is it started with, one argument a line? nothing',
    'May it use the computer’s network? no',
    'Which traffic passes outside the list? Normal access: nothing',
    'Shown while access is restricted: nothing is shown',
  ])
    await manager.page.getByText(line, { exact: true }).waitFor();
  assert.equal(await manager.page.getByText('no entries', { exact: true }).count(), 2);
});

test('another type names what goes for good, and Finish waits until that is agreed to', NEEDS, async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  await manager.goto('/machines/office/quarantine/options');
  await page.getByRole('radio', { name: 'Static quarantine' }).check();
  await page.getByRole('button', { name: 'Finish' }).click();
  await page.getByText('3 versions with their descriptors').waitFor();
  assert.equal((await quarantineIn(project.folder)).type, 'version-based');
  await page.getByRole('checkbox', { name: 'I know that they go, and go on' }).check();
  await page.getByRole('button', { name: 'Finish' }).click();
  await page.getByRole('heading', { level: 1, name: 'office', exact: true }).waitFor();
  assert.equal((await quarantineIn(project.folder)).type, 'static');
});

test(
  'a wrong answer leads Finish to its panel; who leaves is asked; who finishes later than another is told',
  NEEDS,
  async (t) => {
    const project = await madeProject(t);
    await project.setQuarantine(threeVersions());
    await using manager = await ManagerInBrowser.open(project.folder);
    const { page } = manager;
    await manager.goto('/machines/office/quarantine/lookup');
    await page.getByLabel('How often is the policy looked up?').fill('often');
    await page.getByRole('link', { name: 'Messages' }).click();
    await page.getByRole('button', { name: 'Finish' }).click();
    await page.getByText('is not a duration in range').waitFor();
    await page.getByRole('link', { name: 'Packages', exact: true }).click();
    await page.getByRole('button', { name: 'Stay' }).click();
    await page.getByLabel('How often is the policy looked up?').fill('10m');
    await project.setQuarantine(threeVersions({ interval: '1h' }));
    await page.getByText('Somebody else has changed this policy meanwhile.').waitFor();
    await page.getByRole('button', { name: 'Finish' }).click();
    await page.getByText('PROJECT_CHANGED').waitFor();
    const kept = await quarantineIn(project.folder);
    assert.equal('interval' in kept && kept.interval, '1h');
  },
);

test('every panel holds up, on a phone with the list of panels in a sheet', NEEDS, async (t) => {
  const project = await madeProject(t);
  const entries = Array.from({ length: 300 }, (_none, at) => `10.1.${at >> 8}.${at & 255} tcp 443`);
  await project.setQuarantine(
    threeVersions({ normal: { entries }, messages: { restricted: 'Bitte aktualisieren. '.repeat(25).trim() } }),
  );
  await using manager = await ManagerInBrowser.open(project.folder, { locale: 'de-DE' });
  const panels = ['options', 'lookup', 'normal', 'traffic', 'restricted', 'versions', 'messages', 'ready', 'deploy'];
  for (const panel of panels)
    await manager.holdsUp(
      `/machines/office/quarantine/${panel}`,
      (page) => page.getByRole('heading', { level: 2 }),
      `manager-wizard-${panel}`,
    );
  const { page } = manager;
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: '9 von 9' }).click();
  await page.getByRole('dialog').getByRole('link', { name: 'Meldungen' }).click();
  await page.getByRole('heading', { level: 2, name: 'Meldungen' }).waitFor();
  assert.deepEqual(manager.complaints, []);
});

test(
  'panels that were answered before have their mark without a visit; those of another type have none',
  NEEDS,
  async (t) => {
    const project = await madeProject(t);
    await project.setQuarantine(threeVersions());
    await using manager = await ManagerInBrowser.open(project.folder);
    const { page } = manager;
    const done = page.getByRole('navigation', { name: 'Panels of the wizard' }).getByRole('img', { name: 'done' });
    await manager.goto('/machines/office/quarantine');
    await page.getByRole('link', { name: /^Messages/ }).waitFor();
    assert.equal(await done.count(), 6);
    await page.getByRole('radio', { name: 'Custom quarantine using script' }).check();
    await page.getByRole('link', { name: /^Script/ }).waitFor();
    assert.equal(await done.count(), 0);
  },
);
