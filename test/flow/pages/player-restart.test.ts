import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessibilityFaults, followLink, LabBrowser, whyNoBrowser } from '../../../lab/browser.ts';
import { hasProgram } from '../../../src/sys/programs/exec.ts';
import { madeProject } from '../../fakes/made-project.ts';
import { said } from '../../fakes/remedy.ts';
import { shoot } from '../../fakes/shoot.ts';
import { sharedComputer, usersSkip } from '../../fakes/users.ts';

const skip = usersSkip || whyNoBrowser() || (hasProgram('qemu-img') ? false : 'qemu-img is not installed');

test('what the project has set is shown with its name, and how it is', { skip }, async (t) => {
  const project = await madeProject(t);
  await project.setPolicy({ authentication: { type: 'password', contents: [] } });
  const { folder } = await project.build('one');
  const { start, lazaret } = await sharedComputer(t);
  await start();
  said(await lazaret(0, 'install', folder, '--fingerprint', project.fingerprint));
  const { url } = said(await lazaret(0, 'open', 'office', '--no-browser')) as { url: string };
  await using lab = await LabBrowser.start();
  const page = await (await lab.browser.newContext({ locale: 'en-GB' })).newPage();
  await followLink(page, url);
  await page.getByRole('button', { name: 'Why?' }).click();
  const settings = page.getByRole('region', { name: 'What you cannot change' });
  await settings.getByText('set by Acme').waitFor();
  for (const [name, value] of [
    ['Memory', '64 MiB'],
    ['Who opens it', 'who knows its password'],
    ['How long it may be used', 'without end'],
    ['Reset and power off', 'yes'],
  ] as const)
    await settings.getByRole('row', { name: `${name} ${value}` }).waitFor();
  await shoot(page, 'player-settings');
  assert.deepEqual(await accessibilityFaults(page), []);
});

test('a page that is open while the service is killed says so, and goes on by itself with the next one', {
  skip,
}, async (t) => {
  const project = await madeProject(t);
  const { folder } = await project.build('one');
  const { start, lazaret } = await sharedComputer(t);
  const stop = await start();
  const { url } = said(await lazaret(0, 'open', '--no-browser')) as { url: string };
  await using lab = await LabBrowser.start();
  const page = await (await lab.browser.newContext({ locale: 'en-GB' })).newPage();
  await followLink(page, url);
  await page.getByText('No machine is installed here yet.').waitFor();

  await stop('SIGKILL');
  const lost = page.getByText(/^The connection to the service is lost/);
  await lost.waitFor();
  await start();
  await lost.waitFor({ state: 'detached' });
  said(await lazaret(0, 'install', folder, '--fingerprint', project.fingerprint));
  await page.getByRole('region', { name: 'office' }).waitFor();
  assert.equal(await page.getByText('PAGE_DENIED').count(), 0);
});
