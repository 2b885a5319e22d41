import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { LabBrowser, whyNoBrowser } from '../../lab/browser.ts';
import { whyNoNetwork } from '../../lab/network.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** As `npm start -- --stay` runs the tour once the computer is ready for it. */
const STARTED = `
  import { asNetworkAdministrator } from '${ROOT}/setup/privileges.mjs';
  import { start } from '${ROOT}/setup/start.mjs';
  start([...asNetworkAdministrator(), process.execPath, '${ROOT}/tour/main.ts', '--stay'], true);`;

test('the tour stays until Ctrl-C, with both pages open to a browser of the computer, and leaves nothing', {
  skip: whyNoNetwork() || whyNoBrowser(),
}, async (t) => {
  const tour = spawn(process.execPath, ['--input-type=module', '-e', STARTED], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(tour, 'exit');
  t.after(() => tour.kill());
  const said: string[] = [];
  const lines = createInterface(tour.stdout).on('line', (line) => said.push(line));
  const linkOf = async (page: string): Promise<string> => {
    for (;;) {
      const url = said
        .map((line) => new RegExp(`^ +${page} +(http://127\\.0\\.0\\.1:\\S+)`).exec(line)?.[1])
        .findLast(Boolean);
      if (url !== undefined) return url;
      const more = await Promise.race([once(lines, 'line'), ended.then(() => 'ended')]);
      if (more === 'ended') throw new Error(`the tour ended:\n${said.join('\n')}`);
    }
  };
  const player = await linkOf('player');
  const manager = await linkOf('manager');
  {
    await using lab = await LabBrowser.start();
    const page = await (await lab.browser.newContext({ locale: 'en-GB' })).newPage();
    await page.goto(manager);
    await page.getByRole('heading', { level: 1, name: 'Office' }).waitFor();
    await page.goto(player);
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('region', { name: 'office' }).getByText('normal access').waitFor();

    // Each link is good for once.
    const before = said.length;
    tour.stdin.write('\n');
    while (!said.slice(before).some((line) => line.includes('player'))) await once(lines, 'line');
    const again = await linkOf('player');
    assert.notEqual(again, player);
    assert.equal((await page.goto(again))?.status(), 200);
  }
  tour.kill('SIGINT');
  const [status] = await ended;
  assert.equal(status, 0, said.join('\n'));
  assert.ok(said.some((line) => line.includes('ok') && line.includes('nothing is left of it')));
  await assert.rejects(fetch(new URL('/', player)), { message: 'fetch failed' });
});
