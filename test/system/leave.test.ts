import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { accessibilityFaults, followLink, LabBrowser, whyNoBrowser } from '../../lab/browser.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { run } from '../../src/sys/programs/exec.ts';
import { count, counting, countsOn, fileOf, goesOn, lazaret, stateOf } from '../fakes/counting-machine.ts';
import { shoot } from '../fakes/shoot.ts';

test('a user leaves a machine in the player, and comes back where he was', {
  skip: whyNoNetwork() || whyNoBrowser(),
}, async (t) => {
  await using job = await counting();
  await using lab = await LabBrowser.start(job.network);
  const context = await lab.browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
  /** A page that shows the machine, and its screen where it runs. */
  const openMachine = async () => {
    const page = await context.newPage();
    const { stdout } = await job.computer.lazaret('open', '--no-browser', '--json');
    const { url } = JSON.parse(stdout);
    await followLink(page, url);
    await page.getByRole('region', { name: job.vm }).waitFor();
    await page.goto(new URL(`/machines/${job.vm}`, url).href);
    return page;
  };
  type Page = Awaited<ReturnType<typeof openMachine>>;
  const screenOf = (page: Page) => page.getByRole('application', { name: 'Screen of the machine' }).locator('canvas');
  const choose = async (page: Page, name: string) => {
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name, exact: true }).click();
  };
  /** What is wrong with a page, once it tells nothing beside any more: of that it is not asked. */
  const faultsOf = async (page: Page) => {
    await page.getByRole('alert').filter({ hasText: 'only the update server' }).waitFor({ state: 'detached' });
    return accessibilityFaults(page);
  };
  const until = async (state: string) => {
    while ((await stateOf(job)) !== state) await sleep(200);
  };
  const setExit = async (behaviour: string) => {
    const { status, stdout, stderr } = await job.computer.manager('policy', 'exit', job.vm, behaviour);
    assert.equal(status, 0, stdout + stderr);
    await job.deploy();
    await job.lookUp();
  };

  await t.test('suspended by its menu, it says so, and resumes with a button', async () => {
    const before = await count(job);
    const page = await openMachine();
    await screenOf(page).waitFor();
    await choose(page, 'Suspend');
    await page.getByText('The machine is suspended: it goes on where it was.').waitFor();
    assert.equal(await stateOf(job), 'suspended');
    assert.deepEqual(await faultsOf(page), []);
    await shoot(page, 'player-suspended');
    await page.getByRole('button', { name: 'Resume' }).click();
    await screenOf(page).waitFor();
    await countsOn(job, before);

    await choose(page, 'Suspend');
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 7 0 64k', fileOf(job, 'data.qcow2')]);
    await page.getByRole('button', { name: 'Resume' }).click();
    const question = page.getByRole('alert').filter({ hasText: 'It cannot go on where it was.' });
    await question.getByText('its data disk has changed').waitFor();
    assert.deepEqual(await faultsOf(page), []);
    await shoot(page, 'player-unfit');
    await question.getByRole('button', { name: 'Boot it, and lose what was in its memory' }).click();
    await screenOf(page).waitFor();
    await job.connect();
    assert.notEqual((await job.guest('cat /tmp/count')).status, 0, 'it has booted');
    await page.close();
    await until('suspended');
  });

  await t.test('closing the player suspends it; one page of two that is closed does not', async () => {
    assert.equal((await lazaret(job, 'start', job.vm)).status, 0);
    await job.connect();
    await job.guest('echo 1 >/tmp/count');
    const pages = [await openMachine(), await openMachine()];
    for (const page of pages) await screenOf(page).waitFor();
    await pages[0]?.close();
    // Longer than a page may take that is loaded anew.
    await sleep(12_000);
    assert.equal(await stateOf(job), 'running');

    await pages[1]?.close();
    await until('suspended');
    await goesOn(job, 1);
    await sleep(12_000);
    assert.equal(await stateOf(job), 'running', 'nobody has looked at it in the player since');
  });

  await t.test('fact 38: with exit behaviour power off it is shut down, and the next start boots', async () => {
    await setExit('power-off');
    const page = await openMachine();
    await screenOf(page).waitFor();
    await page.close();
    await until('stopped');
    await job.startMachine();
    assert.notEqual((await job.guest('cat /tmp/count')).status, 0, 'it has booted');
  });

  await t.test('where the project leaves it to him, its user is asked', async () => {
    await setExit('ask');
    const page = await openMachine();
    await screenOf(page).click();
    page.on('dialog', (dialog) => void dialog.dismiss());
    await page.close({ runBeforeUnload: true });
    const question = page.getByRole('dialog', { name: `What comes of ${job.vm}?` });
    await question.waitFor();
    assert.deepEqual(await faultsOf(page), []);
    await shoot(page, 'player-exit');
    await question.getByRole('button', { name: 'Shut down' }).click();
    await until('stopped');
    await page.getByRole('button', { name: 'Start' }).waitFor();
  });
});
