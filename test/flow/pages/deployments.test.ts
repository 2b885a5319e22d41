import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { deployDifference, pastDeploys, takeBack } from '../../../src/manager/policies/history.ts';
import { projectPaths } from '../../../src/project/layout.ts';
import { openProject, vmNamed } from '../../../src/project/open.ts';
import { madeProject, PASSPHRASE } from '../../fakes/made-project.ts';
import { threeVersions } from '../../fakes/quarantine.ts';

const NEEDS = { skip: whyNoBrowser() };
const LATER = threeVersions({ threshold: 'third', normal: { entries: ['10.0.0.0/8', 'intranet.example'] } });
const DIFFERENCE = ['normal access begins at third instead of second', 'intranet.example added to normal'];

test(
  'what differs between two deploys is said in words, and an earlier policy comes back under a new number',
  NEEDS,
  async (t) => {
    const project = await madeProject(t);
    await project.setQuarantine(threeVersions());
    await project.deploy();
    await project.setQuarantine(LATER);
    await project.deploy();
    await using manager = await ManagerInBrowser.open(project.folder);
    const { page } = manager;
    await manager.goto('/deployments');
    const history = page.getByRole('region', { name: 'History' });

    await t.test('in words first, and as YAML below', async () => {
      await history.getByText('They say the same.').waitFor();
      await history.getByLabel('What changed from').selectOption('1');
      const words = history.getByRole('list', { name: 'office' }).getByRole('listitem');
      await words.first().waitFor();
      assert.deepEqual(await words.allTextContents(), DIFFERENCE);
      await history.getByText('As YAML').click();
      await history.getByRole('region', { name: 'After: office' }).getByText('- intranet.example').waitFor();
    });

    await t.test('one who goes back is told what is taken back; the project has it as a change of now', async () => {
      await history.getByRole('button', { name: 'Go back to number 1' }).click();
      const dialog = page.getByRole('dialog', { name: 'Back to number 1' });
      await dialog.getByText('intranet.example added to normal').waitFor();
      await dialog.getByRole('button', { name: 'Write them into the project' }).click();
      await history.getByText('The project says again what number 1 said.').waitFor();
      const { policy } = vmNamed(await openProject(project.folder), 'office');
      assert.deepEqual(
        JSON.parse(JSON.stringify(policy.value.quarantine)),
        JSON.parse(JSON.stringify(threeVersions())),
      );
      await page.getByRole('link', { name: '1 change not deployed' }).waitFor();
    });

    await t.test('deployed, it has a new number', async () => {
      await page.getByLabel('Passphrase').fill(PASSPHRASE);
      await page.getByRole('button', { name: 'Deploy policy', exact: true }).click();
      await page.getByRole('link', { name: '1 change not deployed' }).waitFor({ state: 'detached' });
      await page.getByRole('region', { name: 'The last deploy' }).getByText('3', { exact: true }).waitFor();
      assert.deepEqual(await deployDifference(project.folder, 1, 3), []);
    });
    assert.deepEqual(manager.complaints, []);
  },
);

test('who goes back over what another changed meanwhile is told, and nothing is overwritten', async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  await project.deploy();
  await project.setQuarantine(LATER);
  const [difference] = await deployDifference(project.folder, 1, undefined);
  await project.setPolicy({ ipv6: true });
  await assert.rejects(takeBack(project.folder, 1, { office: difference?.seen ?? '' }), { code: 'PROJECT_CHANGED' });
  const { policy } = vmNamed(await openProject(project.folder), 'office');
  assert.equal(policy.value.ipv6, true);
});

test('an earlier deploy that somebody else has written is not believed; one that never was is said, and the page has the numbers', async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  await project.deploy();
  await project.deploy();
  const { policies } = projectPaths(project.folder);
  const path = join(policies, 'metadata', '1.targets.json');
  const signed = readFileSync(path, 'utf8');

  writeFileSync(path, signed.replace(/("length": ?)(\d+)/, '$19'));
  await assert.rejects(deployDifference(project.folder, 1, 2), { code: 'TRUST_SIGNATURE' });
  writeFileSync(path, signed);
  for (const name of readdirSync(join(policies, 'targets'))) {
    const target = join(policies, 'targets', name);
    writeFileSync(target, readFileSync(target, 'utf8').replace('10.0.0.0/8', '10.0.0.0/9'));
  }
  await assert.rejects(deployDifference(project.folder, 1, 2), { code: 'TRUST_DIGEST' });
  await assert.rejects(deployDifference(project.folder, 7, undefined), { code: 'DEPLOY_UNKNOWN' });
  assert.deepEqual(
    (await pastDeploys(project.folder)).map(({ version }) => version),
    [2, 1],
  );
});

test('the history holds up', NEEDS, async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  await project.deploy();
  await project.setQuarantine(LATER);
  await using manager = await ManagerInBrowser.open(project.folder, { locale: 'de-DE' });
  await manager.holdsUp('/deployments', (page) => page.getByText('intranet.example added'), 'manager-history');
  assert.deepEqual(manager.complaints, []);
});
