import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { followLink, LabBrowser, whyNoBrowser } from '../../lab/browser.ts';
import { desktopGuest } from '../../lab/desktop.ts';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { shoot } from '../fakes/shoot.ts';

const X = 'export DISPLAY=:0;';
const PASTED = `${X} timeout 20 xclip -o -selection clipboard -t UTF8_STRING`;
/** A picture of 40 by 30 pixels. */
const COPY_PICTURE = `(async () => {
  const canvas = new OffscreenCanvas(40, 30);
  canvas.getContext('2d').fillRect(0, 0, 20, 30);
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': await canvas.convertToBlob() })]);
})()`;
/** What the browser does when a file is dropped onto the screen. */
const DROP = `(() => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(['by hand'], 'dropped ✓.txt'));
  const screen = document.querySelector('canvas');
  for (const type of ['dragover', 'drop']) screen.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
})()`;
/** The program that copied keeps what it copied, until another copies. */
const copyInGuest = (command: string) => `${X} ${command} | xclip -i -selection clipboard >/dev/null 2>&1`;

test('a user works at a desktop in a page: types, resizes it, copies in and not out, and out once he may', {
  skip: whyNoNetwork() || whyNoBrowser(),
}, async (t) => {
  await using job = await MainJob.start(undefined, desktopGuest());
  const policy = join(job.computer.project, 'vms', job.vm, 'policy.yaml');
  const fingerprint = await job.makeProject();
  await job.setQuarantine({ interval: '10s' });
  const none = readFileSync(policy, 'utf8');
  writeFileSync(policy, `${none}clipboard: { hostToGuest: true }\n`);
  await job.deploy();
  await job.serve();
  const installed = await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint);
  assert.equal(installed.status, 0, installed.stderr);
  const note = join(job.computer.folder, 'note.txt');
  writeFileSync(note, 'from the command line');
  const started = await job.computer.lazaret('start', job.vm);
  assert.equal(started.status, 0, started.stderr);

  await t.test('before its agent is up nothing is waited for: it is said that there is none', async () => {
    const { status, stderr } = await job.computer.lazaret('clipboard', 'give', job.vm, note);
    assert.equal(status, 69);
    assert.match(stderr, /AGENT_MISSING/);
  });

  await job.connect();
  await using lab = await LabBrowser.start(job.network);
  const context = await lab.browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 } });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  const { stdout } = await job.computer.lazaret('open', job.vm, '--no-browser', '--json');
  const { url } = JSON.parse(stdout);
  await followLink(page, url);
  const screen = page.getByRole('application').locator('canvas');
  await screen.waitFor();
  await untilGuest(`${X} xrandr >/dev/null 2>&1 && pidof xterm spice-vdagent spice-vdagentd`);

  await t.test('he clicks into a terminal and types; the keys are those of the layout that the guest has', async () => {
    // A window that was just drawn may not have the keys yet: what is typed there is nobody’s.
    for (;;) {
      await screen.click({ position: { x: 200, y: 200 } });
      await page.keyboard.type('touch /tmp/typed\n', { delay: 30 });
      await sleep(500);
      if ((await job.guest('test -e /tmp/typed')).status === 0) break;
    }
    await shoot(page, 'desktop');
    await page.keyboard.type('tee /tmp/german\n', { delay: 30 });
    await job.guest(`${X} setxkbmap de`);
    for (const place of ['KeyY', 'KeyZ', 'Enter', 'Control+KeyD']) await page.keyboard.press(place, { delay: 30 });
    await untilGuest('grep -qx zy /tmp/german');
    await job.guest(`${X} setxkbmap us`);
  });

  await t.test('the guest’s screen takes the size of the window', async () => {
    await choose(page, 'The guest follows the window');
    await page.setViewportSize({ width: 1032, height: 700 });
    await untilGuest(`${X} xrandr | grep -q 'current 1032 x'`);
    await page.setViewportSize({ width: 1280, height: 800 });
    await untilGuest(`${X} xrandr | grep -q 'current 1280 x'`);
  });

  await t.test('a text that he copied is pasted in the guest, and a picture', async () => {
    await page.evaluate("navigator.clipboard.writeText('Grüße ✓')");
    await choose(page, 'Let the machine paste what you copied');
    await page.getByText('It can be pasted in the machine now.').waitFor();
    await untilPasted('Grüße ✓');
    await page.evaluate(COPY_PICTURE);
    await choose(page, 'Let the machine paste what you copied');
    await untilGuest(
      `${PASTED.replace('UTF8_STRING', 'image/png')} | head -c 24 | od -An -tx1 | tr -d ' \\n' | grep -q '89504e47.*000000280000001e'`,
    );
    writeFileSync(note, Buffer.from([0xff]));
    const damaged = await job.computer.lazaret('clipboard', 'give', job.vm, note);
    assert.match(damaged.stderr, /CLIPBOARD_DAMAGED/);
    writeFileSync(note, 'from the command line');
    const given = await job.computer.lazaret('clipboard', 'give', job.vm, note);
    assert.equal(given.status, 0, given.stderr);
    await untilPasted('from the command line');
  });

  await t.test('what is copied in the guest stays there, and he is told who decided it', async () => {
    await page.evaluate("navigator.clipboard.writeText('mine')");
    await job.guest(copyInGuest('echo secret'));
    const { status, stderr } = await job.computer.lazaret('clipboard', 'take', job.vm);
    assert.equal(status, 77);
    assert.match(stderr, /CLIPBOARD_FORBIDDEN/);
    while (!(await events()).includes('stays there')) await sleep(200);
    await page.getByRole('button', { name: 'More' }).click();
    const item = page.getByRole('menuitem', { name: 'Copy here what the machine copied' });
    await item.getByText(/set by/i).waitFor();
    assert.ok(await item.isDisabled());
    await shoot(page, 'player-clipboard');
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), 'mine');
    assert.equal((await job.guest(PASTED)).output, 'secret', 'it is the guest’s own still');
  });

  await t.test('a policy lets it out: it comes by itself; more than it says is refused, and less comes', async () => {
    writeFileSync(policy, `${none}clipboard: { hostToGuest: true, guestToHost: true, mostKiB: 1 }\n`);
    await job.deploy();
    await job.lookUp();
    const before = await job.computer.lazaret('clipboard', 'take', job.vm);
    assert.match(before.stderr, /CLIPBOARD_EMPTY/, 'what was copied before stays there');
    await page.bringToFront();
    // Until the page has heard of the policy, what is copied is not its to take.
    while ((await page.evaluate('navigator.clipboard.readText()')) !== 'out') {
      await job.guest(copyInGuest('printf out'));
      await sleep(2000);
    }
    const taken = await job.computer.lazaret('clipboard', 'take', job.vm);
    assert.equal(taken.stdout, 'out\n', taken.stderr);
    await job.guest(copyInGuest("head -c 1025 /dev/zero | tr '\\0' x"));
    while (!(await job.computer.lazaret('clipboard', 'take', job.vm)).stderr.includes('CLIPBOARD_TOO_LARGE'))
      await sleep(500);
    await job.guest(copyInGuest('printf small'));
    while ((await job.computer.lazaret('clipboard', 'take', job.vm)).stdout !== 'small\n') await sleep(500);
  });

  await t.test(
    'a file that he drops is in the guest, beside what was there; he cancels one; one too large is refused, and one without room',
    async () => {
      const send = () => job.computer.lazaret('send', job.vm, note);
      const empty = join(job.computer.folder, 'empty');
      writeFileSync(empty, '');
      assert.match((await send()).stderr, /FILES_FORBIDDEN/);
      const clipboard = 'clipboard: { hostToGuest: true, guestToHost: true }';
      writeFileSync(policy, `${none}${clipboard}\nfiles: { hostToGuest: true, mostMiB: 16 }\n`);
      await job.deploy();
      await job.lookUp();
      await page.reload();
      await screen.waitFor();
      await page.evaluate(DROP);
      await page.getByText('dropped ✓.txt is in the machine').waitFor();
      assert.equal((await job.guest("cat '/root/Downloads/dropped ✓.txt'")).output, 'by hand');
      await page.evaluate(DROP.replace('by hand', 'another'));
      await untilGuest("grep -q another /root/Downloads/*dropped*' (1)'*");
      assert.equal((await job.guest("cat '/root/Downloads/dropped ✓.txt'")).output, 'by hand', 'it is as it was');
      // An agent that reads nothing: it does not get to its end before it is stopped.
      await job.guest('pkill -STOP -x spice-vdagentd');
      await cancelOne(page);
      await page.getByText('large.bin was cancelled').waitFor();
      await job.guest('pkill -CONT -x spice-vdagentd');
      await untilGuest('! ls /root/Downloads | grep large');
      const { stderr } = await job.computer.lazaret('send', job.vm, empty);
      assert.equal((await job.guest('wc -c </root/Downloads/empty')).output, '0', stderr);
      writeFileSync(note, Buffer.alloc((16 << 20) + 1, 7));
      assert.match((await send()).stderr, /FILES_TOO_LARGE/);
      writeFileSync(note, Buffer.alloc(1 << 20, 7));
      await job.guest('mount -t tmpfs -o size=512k full /root/Downloads');
      assert.match((await send()).stderr, /FILES_REFUSED: .* has no room for it/);
      await job.guest('umount /root/Downloads');
      assert.equal((await send()).status, 0);
      assert.equal(
        (await job.guest("tr -d '\\007' </root/Downloads/note.txt | wc -c; wc -c </root/Downloads/note.txt")).output,
        '0\n1048576',
      );
      writeFileSync(note, 'from the command line');
    },
  );

  await t.test('it is suspended and goes on, and the clipboard with it', async () => {
    const suspended = await job.computer.lazaret('suspend', job.vm);
    assert.equal(suspended.status, 0, suspended.stderr);
    await job.startMachine();
    while ((await job.computer.lazaret('clipboard', 'give', job.vm, note)).status !== 0) await sleep(500);
    await untilPasted('from the command line');
  });

  await t.test('the log says what passed, never what it was', async () => {
    const said = await events();
    assert.match(said, /a text of 11 B was pasted in its guest/);
    assert.match(said, /a text of 3 B was taken out of its guest/);
    assert.doesNotMatch(said, /Grüße|secret|command line/);
  });

  async function untilGuest(command: string): Promise<void> {
    while ((await job.guest(command)).status !== 0) await sleep(200);
  }

  /** The guest’s desktop takes what it is given in its own time. */
  async function untilPasted(text: string): Promise<void> {
    while ((await job.guest(PASTED)).output !== text) await sleep(200);
  }

  async function events(): Promise<string> {
    return (await job.computer.lazaret('events', '--last', '100')).stdout;
  }
});

/** Begins with a file, and stops it. */
async function cancelOne(page: Page): Promise<void> {
  const large = DROP.replace("'by hand'", 'new Uint8Array(16 << 20)').replace('dropped ✓.txt', 'large.bin');
  await page.evaluate(large);
  const note = page.getByRole('alert').filter({ hasText: 'large.bin' });
  await note.getByRole('progressbar').waitFor();
  await shoot(page, 'player-file');
  await note.getByRole('button', { name: 'Cancel' }).click();
}

async function choose(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name }).or(page.getByRole('menuitemradio', { name })).click();
}
