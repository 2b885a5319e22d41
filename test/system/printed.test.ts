import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessibilityFaults, followLink, LabBrowser, whyNoBrowser } from '../../lab/browser.ts';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { LabPrinting, whyNoPrinting } from '../../lab/printing.ts';
import { encodeIpp, GROUP, TAG, texts } from '../../src/sys/printing/ipp.ts';
import { OPERATION } from '../../src/sys/printing/printer-request.ts';
import { deviceCommands } from '../fakes/device-job.ts';
import { shoot } from '../fakes/shoot.ts';

/** What a guest sends to print a letter, and the first line of what it is answered. */
const PRINT = `(printf '${octal(request('Dear office,'))}'; sleep 2) | nc $(ip route | sed -n 's/^default via \\([0-9.]*\\).*/\\1/p') 631 | head -n 1`;

test('facts 37 and 34: a guest prints to the queue that its user chose, where his project lets him', {
  skip: whyNoNetwork() || whyNoPrinting() || whyNoBrowser(),
}, async (t) => {
  await using job = await MainJob.start();
  const { computer, vm } = job;
  const folder = join(computer.folder, 'cups');
  mkdirSync(folder);
  chmodSync(computer.folder, 0o755);
  const socket = join(folder, 'cups.sock');
  await computer.stopService();
  await computer.startService({ CUPS_SERVER: socket });
  const fingerprint = await job.makeProject();
  const { manager, lazaret, rule: ruleOf } = deviceCommands(job);
  const rule = (who: string) => ruleOf('printer', who);
  const prints = async () => (await job.guest(PRINT)).output.trim();
  await manager('vm', 'device', 'add', vm, 'printer', '--kind', 'printer');
  await job.setQuarantine({ interval: '1h' });
  const version = await job.addVersion('1.0');
  await job.serve();
  await job.deploy();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  assert.equal((await job.status()).access, 'restricted');

  await t.test('nobody connects it where the policy says nothing of it', async () => {
    assert.match(await lazaret('devices', vm), /^printer +printer +– +the project lets nobody connect it/m);
    assert.match(await lazaret('connect', vm, 'printer'), /DEVICE_FORBIDDEN/);
    assert.match(await prints(), /refused/);
    await rule('--everybody');
  });

  await t.test(
    'a computer without a printing service says so; a queue that is set up afterwards is connected',
    async (t) => {
      assert.match(await lazaret('connect', vm, 'printer'), /PRINTER_NONE: this computer has no printing service/);
      t.diagnostic('its remedy: the printer is set up');
    },
  );

  await using printing = await LabPrinting.start(folder, socket);
  await printing.addQueue('lobby');

  await t.test('the only one is taken, and of several the one that is named', async () => {
    assert.match(await lazaret('connect', vm, 'printer'), /“printer” of office is connected: lobby/);
    await printing.addQueue('office');
    assert.match(
      await lazaret('connect', vm, 'printer'),
      /PRINTER_SEVERAL: several queues could be “printer”: lobby, office/,
    );
    assert.match(await lazaret('devices', vm), /^printer +printer +lobby +everybody/m);
    assert.match(await lazaret('connect', vm, 'printer', '--queue', 'offic'), /PRINTER_NONE/);
    assert.match(await lazaret('connect', vm, 'printer', '/dev/null', '--queue', 'office'), /USAGE/);
    assert.match(await lazaret('connect', vm, 'printer', '--queue', 'office'), /is connected: office/);
  });

  await t.test(
    'with restricted access there is no printer, whatever is connected; with normal access there is',
    async () => {
      assert.match(await prints(), /refused/);
      assert.equal((await job.guest(`vmware-guestd --cmd 'nq-set ${version}'`)).status, 0);
      assert.equal((await job.status()).access, 'normal');
    },
  );

  await t.test('what the guest prints comes out there, in its user’s name', async () => {
    assert.match(await prints(), /^HTTP\/1\.1 200/);
    await until(() => printing.printed('office').length === 1);
    assert.deepEqual(printing.printed('office'), ['Dear office,']);
    assert.deepEqual(printing.printed('lobby'), []);
    assert.match(await printing.jobs(), /^office-1 +root /m);
  });

  await t.test('a service that is started again knows of it, and the guest prints meanwhile', async () => {
    await computer.stopService();
    assert.match(await prints(), /^HTTP\/1\.1 200/);
    await computer.startService({ CUPS_SERVER: socket });
    assert.match(await lazaret('devices', vm), /^printer +printer +office +everybody/m);
    assert.match(await prints(), /^HTTP\/1\.1 200/);
  });

  await t.test('disconnected, it is none', async () => {
    assert.match(await lazaret('disconnect', vm, 'printer'), /is not connected/);
    assert.match(await prints(), /refused/);
  });

  // To the end: a machine whose player is closed is suspended.
  await using lab = await LabBrowser.start(job.network);
  await t.test('in the player its user chooses among the computer’s queues', async () => {
    const context = await lab.browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
    const page = await context.newPage();
    const { url } = JSON.parse(await lazaret('open', '--no-browser', '--json'));
    await followLink(page, url);
    await page.getByRole('region', { name: vm }).waitFor();
    await page.goto(new URL(`/machines/${vm}`, url).href);
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Devices …' }).click();
    const printer = page.getByRole('dialog', { name: `Devices: ${vm}` }).getByRole('region', { name: 'printer' });
    const choice = printer.getByRole('combobox', { name: 'Printer of this computer' });
    await choice.click();
    await shoot(page, 'player-printer-choice');
    await page.getByRole('option', { name: 'office' }).click();
    await printer.getByRole('button', { name: 'Connect' }).click();
    await printer.getByText('Connected: office').waitFor();
    await shoot(page, 'player-printer');
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.match(await prints(), /^HTTP\/1\.1 200/);
  });

  await t.test('a policy that takes it back is in force at once', async () => {
    await rule('--nobody');
    assert.match(await prints(), /refused/);
    assert.match(await lazaret('events'), /“printer” is disconnected: the project lets nobody/);
    await rule('--everybody');
  });

  await t.test('a machine that is suspended leaves its printer, and one that ends', async () => {
    await lazaret('connect', vm, 'printer', '--queue', 'office');
    await lazaret('suspend', vm);
    await job.startMachine();
    assert.match(await lazaret('devices', vm), /^printer +printer +– /m);
    assert.match(await prints(), /refused/);
    await lazaret('connect', vm, 'printer', '--queue', 'office');
    assert.match(await prints(), /^HTTP\/1\.1 200/);
  });

  await job.stopMachine();
});

function request(letter: string): Buffer {
  const attributes = [
    texts('attributes-charset', TAG.charset, 'utf-8'),
    texts('attributes-natural-language', TAG.language, 'en'),
    texts('printer-uri', TAG.uri, 'ipp://printer/ipp/print'),
  ];
  const groups = [{ tag: GROUP.operation, attributes }];
  const ipp = encodeIpp({ version: 0x0200, code: OPERATION.printJob, requestId: 1, groups });
  const body = Buffer.concat([ipp, Buffer.from(letter)]);
  const head = `POST /ipp/print HTTP/1.1\r\nHost: printer\r\nConnection: close\r\nContent-Type: application/ipp\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** As printf(1) reads it. */
function octal(bytes: Buffer): string {
  return [...bytes]
    .map((byte) =>
      /[a-zA-Z0-9 :,./-]/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `\\${byte.toString(8).padStart(3, '0')}`,
    )
    .join('');
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}
