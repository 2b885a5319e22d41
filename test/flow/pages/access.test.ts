import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { madeProject } from '../../fakes/made-project.ts';
import { threeVersions, V1 } from '../../fakes/quarantine.ts';

const NEEDS = { skip: whyNoBrowser() };
const QUARANTINE = threeVersions({
  normal: { entries: ['10.0.0.0/8', '192.0.2.7 tcp 80,443'], exceptions: ['dns'] },
  zones: [{ name: 'home', when: { subnets: ['192.168.0.0/16'] }, restricted: { entries: ['192.168.7.0/24 udp 123'] } }],
});

test('the map shows what a machine reaches, and the simulator draws its answer into it', NEEDS, async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(QUARANTINE);
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  await page.getByRole('link', { name: 'office', exact: true }).first().click();
  await page.getByRole('link', { name: 'Map of access' }).click();
  const picture = page.getByRole('img', { name: 'What office reaches with' });
  const words = page.getByRole('list', { name: 'In words' });
  const shown = picture.locator('[data-shown=true]');

  await t.test(
    'entries with protocol and ports, exceptions apart, and the wall, in the picture and in words',
    async () => {
      await words.getByText('192.0.2.7, TCP 80, 443: open').waitFor();
      await words.getByText('Name servers, DNS, outside the list: open').waitFor();
      await words.getByText('All else: closed').waitFor();
      assert.deepEqual(
        await picture
          .locator('[data-rule]')
          .evaluateAll((lines) => lines.map((line) => line.getAttribute('data-rule'))),
        ['10.0.0.0/8', '192.0.2.7 tcp 80,443', 'exception: dns', 'whitelist: not listed'],
      );
    },
  );

  await t.test('what has the focus in the list stands out in the picture, and leads to its list', async () => {
    const entry = words.getByRole('link', { name: '192.0.2.7' });
    await entry.focus();
    assert.equal(await shown.getAttribute('data-rule'), '192.0.2.7 tcp 80,443');
    assert.equal(await entry.getAttribute('href'), '/machines/office/quarantine/normal');
  });

  await t.test('the simulator says allowed or not and by which entry, and the map goes to that access', async () => {
    await page.getByLabel('Version that it has reported').selectOption(V1);
    await page.getByLabel('To', { exact: true }).fill('10.0.0.5:80');
    await page.getByRole('button', { name: 'Ask' }).click();
    const answer = page.getByRole('status').filter({ hasText: 'Allowed' });
    await answer.getByText('by: 10.0.0.5 tcp 80').waitFor();
    await answer.getByText('Its access is restricted: its version is too old; next is second.').waitFor();
    assert.equal(await shown.getAttribute('data-rule'), '10.0.0.5 tcp 80');
    await page.getByLabel('To', { exact: true }).fill('10.9.9.9:22');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByText('Not allowed').waitFor();
    assert.equal(await shown.getAttribute('data-rule'), 'whitelist: not listed');
  });

  await t.test('a zone has its own list, for the map and for the simulator', async () => {
    await page.getByLabel('Network of its computer').selectOption('home');
    await words.getByText('192.168.7.0/24, UDP 123: open').waitFor();
    await page.getByLabel('Protocol').selectOption('udp');
    await page.getByLabel('To', { exact: true }).fill('192.168.7.4:123');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByText('by: 192.168.7.0/24 udp 123').waitFor();
  });

  await t.test('the picture is saved as SVG', async () => {
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save the picture' }).click();
    const download = await saved;
    assert.equal(download.suggestedFilename(), 'office-restricted.svg');
    assert.match(
      readFileSync(await download.path(), 'utf8'),
      /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"[\s\S]*192\.168\.7\.0\/24/,
    );
  });
  assert.deepEqual(manager.complaints, []);

  await t.test('what is no place is refused with what one looks like', async () => {
    await page.getByLabel('To', { exact: true }).fill('nowhere');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByText('“nowhere” is not HOST:PORT').waitFor();
  });
});

test('of ten thousand entries those that a filter finds are drawn', NEEDS, async (t) => {
  const project = await madeProject(t);
  const entries = Array.from({ length: 10_000 }, (_, at) => `10.${at >> 8}.${at & 255}.0/24 tcp 80`);
  await project.setQuarantine(threeVersions({ normal: { entries } }));
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  await manager.goto('/machines/office/access');
  await page.getByText('9960 more entries are not drawn').waitFor();
  await page.getByLabel('Filter').fill('10.39.15.');
  await page.getByRole('list', { name: 'In words' }).getByText('10.39.15.0/24').waitFor();
  assert.equal(await page.locator('[data-rule]').count(), 2);
});

test('the map of access holds up', NEEDS, async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(QUARANTINE);
  await using manager = await ManagerInBrowser.open(project.folder, { locale: 'de-DE' });
  await manager.holdsUp(
    '/machines/office/access',
    (page) => page.getByRole('img', { name: 'Was office' }),
    'manager-access',
  );
  assert.deepEqual(manager.complaints, []);
});
