import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessibilityFaults, followLink, LabBrowser, whyNoBrowser } from '../../lab/browser.ts';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { shoot } from '../fakes/shoot.ts';

const LOCKED = `troubleshooting: { power: false }
window: { fullScreen: true }
preferences: { enabled: false }
`;

test('a project withholds power commands, and sets how a machine is shown', {
  skip: whyNoNetwork() || whyNoBrowser(),
}, async (t) => {
  await using job = await MainJob.start();
  const fingerprint = await job.makeProject();
  await job.setQuarantine({ interval: '10s' });
  await job.serve();
  const file = join(job.computer.project, 'vms', job.vm, 'policy.yaml');
  appendFileSync(file, LOCKED);
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  // Its page stays open: who closes it leaves the machine.
  await using lab = await LabBrowser.start(job.network);

  await t.test('fact 35: reset and power off are refused, with who decided it and what can be done', async () => {
    for (const words of [
      ['reset', job.vm],
      ['stop', job.vm, '--force'],
    ]) {
      const { status, stdout, stderr } = await job.computer.lazaret(...words);
      assert.equal(status, 77);
      assert.match(stdout + stderr, /POWER_FORBIDDEN/);
      assert.match(stdout + stderr, /the project does not let office be (reset|powered off) by its user/);
      assert.match(stdout + stderr, /`troubleshooting`/);
    }
    assert.equal((await job.status()).state, 'running');
    const { stdout } = await job.computer.lazaret('status', job.vm);
    assert.match(stdout, /by its project: no reset and no power off; shutting down works/);
    assert.match(stdout, /by its project: shown on the full screen alone/);
  });

  await t.test(
    'facts 35, 37: the player shows them as locked, by whom, and the screen on the full screen alone',
    async () => {
      const page = await (await lab.browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' })).newPage();
      const { stdout } = await job.computer.lazaret('open', '--no-browser', '--json');
      const { url } = JSON.parse(stdout);
      await followLink(page, url);
      await page.getByRole('region', { name: 'office' }).waitFor();
      await page.goto(new URL('/machines/office', url).href);
      await page.getByText('has this machine shown on the full screen alone').waitFor();
      assert.equal(await page.getByRole('application').count(), 0);
      assert.deepEqual(await accessibilityFaults(page), []);
      await shoot(page, 'player-full-screen-only');
      await page.getByRole('main').getByRole('button', { name: 'Full screen' }).click();
      await page.getByRole('application', { name: 'Screen of the machine' }).locator('canvas').waitFor();
      await page.getByRole('button', { name: 'More' }).click();
      await page.getByText('set by Office').first().waitFor();
      for (const name of ['Reset', 'Power off at once'])
        assert.ok(await page.getByRole('menuitem', { name: `${name} set by Office` }).isDisabled(), name);
      assert.ok(await page.getByRole('menuitem', { name: 'Shut down' }).isEnabled());
      assert.ok(await page.getByRole('menuitemradio', { name: 'The guest follows the window' }).isDisabled());
      await shoot(page, 'player-locked');
      await page.keyboard.press('Escape');
      await page.evaluate('document.exitFullscreen()');
      await page.getByText('has this machine shown on the full screen alone').waitFor();
      assert.equal(await page.getByRole('application').count(), 0);
    },
  );

  await t.test(
    'POWER_FORBIDDEN: restarted and shut down from inside; the policy lets both commands be the user’s',
    async () => {
      await job.connect();
      const resets = async () =>
        (await job.computer.lazaret('events', '--last', '200', '--json')).stdout.match(/was reset by its user/g)
          ?.length ?? 0;
      await job.guest('echo before > /tmp/before');
      writeFileSync(file, readFileSync(file, 'utf8').replace('power: false', 'power: true'));
      await job.deploy();
      assert.equal((await job.computer.lazaret('look-up', job.vm)).status, 0);
      assert.equal((await job.computer.lazaret('reset', job.vm)).status, 0);
      assert.equal(await resets(), 1);
      await job.connect();
      assert.match((await job.guest('cat /tmp/before 2>&1; true')).output, /No such file/, 'it booted anew');
      // Whoever asks while it goes is answered: its network is taken away under those who read it.
      const asked = Array.from({ length: 4 }, () => untilStopped(job));
      const [stopped] = await Promise.all([job.computer.lazaret('stop', job.vm, '--force'), ...asked]);
      assert.equal(stopped.status, 0);
      await job.startMachine();
      writeFileSync(file, readFileSync(file, 'utf8').replace('power: true', 'power: false'));
      await job.deploy();
      assert.equal((await job.computer.lazaret('look-up', job.vm)).status, 0);
      assert.equal(
        (await job.computer.lazaret('reset', job.vm)).status,
        77,
        'a deploy withholds them from a machine that runs',
      );
      assert.equal((await job.computer.lazaret('stop', job.vm)).status, 0, 'its guest shuts down');
      await untilStopped(job);
    },
  );
});

/** Asks for its status again and again. @throws what a question is refused with */
async function untilStopped(job: MainJob): Promise<void> {
  while ((await job.status()).state !== 'stopped');
}
