import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessibilityFaults, followLink, LabBrowser, whyNoBrowser } from '../../../lab/browser.ts';
import { openPlayer } from '../../../lab/player-page.ts';
import type { HardwareRequest } from '../../../src/api/hardware.ts';
import type { MachineAnswer } from '../../../src/api/machine.ts';
import type { ErrorCode } from '../../../src/lib/errors.ts';

const PACKAGED = { memoryMiB: 1024, cpus: 1 };
const MOST = { memoryMiB: 4096, cpus: 4 };
const failure = (code: ErrorCode, reason: string) => ({
  error: { code, reason, causes: [], remedy: 'It says how.', details: {} },
});

/** A service that knows one password, and what a computer of 4 GiB has. */
function service() {
  const asked: HardwareRequest[] = [];
  let hardware = PACKAGED;
  const answer = (request: HardwareRequest) => {
    asked.push(request);
    if (request.password !== 'nine blue horses') return failure('PASSWORD_WRONG', 'this is not the password');
    const wanted = request.asPackaged ? PACKAGED : { ...hardware, ...request.change };
    if (wanted.memoryMiB > MOST.memoryMiB) return failure('HARDWARE_TOO_MUCH', 'this computer has 4096 MiB');
    hardware = wanted;
    return { vm: 'office', ...hardware, packaged: PACKAGED, most: MOST };
  };
  return { asked, answer };
}

test('an administrator at a user’s page gives his password, and then the machine other hardware', {
  skip: whyNoBrowser(),
}, async (t) => {
  const { asked, answer } = service();
  const machines: MachineAnswer[] = [
    { vm: 'office', state: 'stopped', canAdminister: true, hardware: { memoryMiB: 512, cpus: 2, packaged: PACKAGED } },
    { vm: 'lab', state: 'stopped', former: 1 },
  ];
  await using player = await openPlayer({ machines, events: [], hardware: answer });
  await using lab = await LabBrowser.start();
  const page = await (await lab.browser.newContext({ locale: 'en-GB' })).newPage();
  const link = player.link('/machines/office');
  await followLink(page, link);
  const menu = page.getByRole('button', { name: 'More' });
  const dialog = page.getByRole('dialog');
  const password = dialog.getByLabel('The administrator’s password');

  await t.test('what he made of it before is among the facts', async () => {
    await page.getByRole('button', { name: 'Why?' }).click();
    await page.getByText('512 MiB, 2 processors, by its administrator').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
  });

  await t.test('nothing is shown before the password is right', async () => {
    await menu.click();
    await page.getByRole('menuitem', { name: 'Hardware' }).click();
    await password.fill('wrong');
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await dialog.getByText('this is not the password').waitFor();
    assert.equal(await dialog.getByLabel('Memory in MiB').count(), 0);
  });

  await t.test('what is changed is sent; what is too much is said, and what was typed stays', async () => {
    await password.fill('nine blue horses');
    await dialog.getByRole('button', { name: 'Go on' }).click();
    const memory = dialog.getByLabel('Memory in MiB');
    assert.equal(await memory.inputValue(), '1024');
    await memory.fill('8192');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('this computer has 4096 MiB').waitFor();
    assert.equal(await memory.inputValue(), '8192');
    await memory.fill('2048');
    await dialog.getByLabel('Processors').fill('2');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('Changed, from its next start on.').waitFor();
    assert.deepEqual(asked.at(-1)?.change, { memoryMiB: 2048, cpus: 2 });
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  await t.test('as packaged it is again; closed, the password is forgotten', async () => {
    await dialog.getByRole('button', { name: 'As packaged' }).click();
    const memory = dialog.getByLabel('Memory in MiB');
    while ((await memory.inputValue()) !== '1024') await page.waitForTimeout(20);
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await dialog.waitFor({ state: 'detached' });
    await menu.click();
    await page.getByRole('menuitem', { name: 'Hardware' }).click();
    assert.equal(await password.inputValue(), '');
    assert.equal(await dialog.getByLabel('Memory in MiB').count(), 0);
  });

  await t.test('a machine without administrator access has no such item', async () => {
    await page.goto(new URL('/machines/lab', link).href);
    await menu.click();
    await page.getByRole('menuitem').first().waitFor();
    assert.equal(await page.getByRole('menuitem', { name: 'Hardware' }).count(), 0);
  });
});
