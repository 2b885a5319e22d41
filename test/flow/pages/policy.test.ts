import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { whyNoBrowser } from '../../../lab/browser.ts';
import { ManagerInBrowser } from '../../../lab/manager-page.ts';
import { vmPaths } from '../../../src/project/layout.ts';
import { openProject } from '../../../src/project/open.ts';
import { saveVmFile } from '../../../src/project/save.ts';
import { isRight } from '../../../src/trust/verifier.ts';
import { program } from '../../fakes/command-line.ts';
import { madeProject } from '../../fakes/made-project.ts';
import { threeVersions } from '../../fakes/quarantine.ts';
import { shoot } from '../../fakes/shoot.ts';

const NEEDS = { skip: whyNoBrowser() };
const GROUPS = 'Groups, with those who are in them through other groups';
const FILE = 'The file, policy.yaml';

test(
  'the way to save is in sight wherever one is in the panes, and never over what has the focus',
  NEEDS,
  async (t) => {
    const project = await madeProject(t);
    await using manager = await ManagerInBrowser.open(project.folder);
    const { page } = manager;
    for (const [width, height] of [
      [1280, 720],
      [390, 844],
    ] as const) {
      await page.setViewportSize({ width, height });
      await manager.goto('/machines/office/policy');
      const save = page.getByRole('button', { name: 'Save' });
      await page.getByText('Nothing is changed.').waitFor();
      const top = async () => (await save.boundingBox())?.y ?? Number.NaN;
      assert.ok((await top()) < height, `${width} px: it is far below`);
      const fields = page.getByRole('main').locator('input:enabled, textarea:enabled');
      await fields.first().focus();
      for (let at = 0; at < 40; at++) {
        await page.keyboard.press('Tab');
        const focused = page.locator(':focus');
        if ((await focused.count()) === 0 || (await focused.textContent()) === 'Save') break;
        const box = await focused.boundingBox();
        // A field that is higher than the window shows its first line.
        const shown = Math.min(box?.height ?? 0, 20);
        assert.ok(
          (box?.y ?? Number.NaN) + shown <= (await top()),
          `${width} px, ${at}: ${await focused.getAttribute('id')}`,
        );
      }
    }
  },
);

test('fields and file show at once what is said in the other, and comments stay', NEEDS, async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  const path = vmPaths(project.folder, 'office').policy;
  writeFileSync(path, `# why it is so\n${readFileSync(path, 'utf8')}`);
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  await page.getByRole('link', { name: 'office', exact: true }).first().click();
  await page.getByRole('link', { name: 'Policies' }).click();
  const file = page.getByLabel(FILE);
  const ipv6 = page.getByRole('region', { name: 'IPv6' });
  await ipv6.getByText('default', { exact: true }).waitFor();

  await t.test('a field that is changed is in the file, and marked', async () => {
    await ipv6.getByRole('switch').click();
    await ipv6.getByText('set here').waitFor();
    assert.match(await file.inputValue(), /^# why it is so\n[\s\S]*ipv6: true/);
  });

  await t.test('an expiration is chosen, and its texts; copy protection is switched on', async () => {
    const expiration = page.getByRole('region', { name: 'Expiration' });
    await expiration.getByLabel('The machine may be used').click();
    await page.getByRole('option', { name: 'for some days after its installation' }).click();
    await expiration.getByText('set here').waitFor();
    const fileHas = async (wanted: RegExp) => {
      while (!wanted.test(await file.inputValue())) await page.waitForTimeout(20);
    };
    await fileHas(/expiration:\n {2}type: days\n {2}days: 30\n/);
    const message = expiration.getByLabel('What its user is told once it is over');
    await message.fill('Ask Ann.');
    await message.blur();
    await fileHas(/message: Ask Ann\./);
    const before = expiration.getByLabel('Warn him so long before');
    await before.fill('7d');
    await before.blur();
    await expiration.getByLabel('What he is told then').waitFor();
    await fileHas(/message: Ask Ann\.[\s\S]*before: 7d/);
    const copying = page.getByRole('region', { name: 'Copy protection' });
    await copying.getByRole('switch').click();
    await copying.getByText('set here').waitFor();
    await fileHas(/copyProtection:\n {2}enabled: true/);
    for (const pane of [expiration, copying]) {
      await pane.getByRole('button', { name: 'Back to the default' }).click();
      await pane.getByText('default', { exact: true }).waitFor();
    }
  });

  await t.test('who may connect a device is chosen; the list is that of the machine’s hardware', async () => {
    const devices = page.getByRole('region', { name: 'Device connection' });
    await devices.getByText('The machine has no devices').waitFor();
    const { vms } = await openProject(project.folder);
    const [vm] = vms;
    assert.ok(vm);
    await saveVmFile(vm, { ...vm.file.value, devices: { cd: { kind: 'cd' }, speaker: { kind: 'sound' } } });
    await page.reload();
    await file.waitFor();
    const cd = devices.getByLabel('cd', { exact: true });
    const choose = async (option: string) => {
      await cd.first().click();
      await page.getByRole('option', { name: option }).click();
    };
    const fileHas = async (wanted: RegExp) => {
      while (!wanted.test(await file.inputValue())) await page.waitForTimeout(20);
    };
    await choose('Everybody who uses the machine');
    await fileHas(/devices:\n {2}cd:\n {4}type: everybody/);
    await choose('Users and groups');
    await devices.getByLabel(GROUPS).fill('staff');
    await devices.getByLabel(GROUPS).press('Enter');
    await fileHas(/groups:\n {6}- staff/);
    await choose('A script decides');
    await devices.getByLabel('Script', { exact: true }).fill('may.sh');
    await devices.getByLabel('Script', { exact: true }).blur();
    await fileHas(/type: script\n[\s\S]*file: may\.sh/);
    await shoot(page, 'manager-devices');
    await choose('Nobody');
    await devices.getByText('default', { exact: true }).waitFor();

    // Sound is a device as the others are.
    await devices.getByLabel('speaker', { exact: true }).first().click();
    await page.getByRole('option', { name: 'Users and groups' }).last().click();
    await devices.getByLabel('Users', { exact: true }).fill('ann');
    await devices.getByLabel('Users', { exact: true }).press('Enter');
    await fileHas(/devices:\n {2}speaker:\n {4}type: users-and-groups\n {4}users:\n {6}- ann/);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved').first().waitFor();
    await page.reload();
    await file.waitFor();
    await fileHas(/speaker:\n {4}type: users-and-groups\n {4}users:\n {6}- ann/);
    await devices.getByText('ann', { exact: true }).waitFor();
    await devices.getByLabel('speaker', { exact: true }).first().click();
    await page.getByRole('option', { name: 'Nobody' }).last().click();
    await devices.getByText('default', { exact: true }).waitFor();
  });

  await t.test(
    'what is written in the file is in the fields; what is no policy is said, and cannot be saved',
    async () => {
      const text = await file.inputValue();
      await file.fill(`${text}updates:\n  healthTimeout: soon\n`);
      await page.getByText('updates.healthTimeout is not a duration in range').waitFor();
      assert.ok(await page.getByRole('button', { name: 'Save' }).isDisabled());
      await file.fill(`${text}updates:\n  healthTimeout: 10m # slow disks\n`);
      await page.getByRole('region', { name: 'Proof of updates' }).getByText('set here').waitFor();
    },
  );

  await t.test('Undo takes the last change back; saved, the file is what was shown', async () => {
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('region', { name: 'Proof of updates' }).getByText('default', { exact: true }).waitFor();
    const shown = await file.inputValue();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    assert.equal(readFileSync(path, 'utf8'), shown);
  });
  assert.deepEqual(manager.complaints, []);
});

test('a damaged file is mended in the page that its problem leads to', NEEDS, async (t) => {
  const project = await madeProject(t);
  const path = vmPaths(project.folder, 'office').policy;
  writeFileSync(path, 'format: 1\nquarantine: { type: never }\n');
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  await manager.goto('/problems');
  await page.getByRole('main').getByRole('link', { name: 'office' }).click();
  await page.getByText('The fields wait until the file is a policy again.').waitFor();

  await page.getByLabel(FILE).fill('format: 1\nquarantine: { type: none }\n');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
  assert.equal((await program('lazaret-manager', ['-C', project.folder, 'policy', 'check'])).status, 0);
});

test(
  'fact 26: the rules for a password are chosen in their pane, and in the next that it opens encrypted disks',
  NEEDS,
  async (t) => {
    const project = await madeProject(t);
    await using manager = await ManagerInBrowser.open(project.folder);
    const { page } = manager;
    await manager.goto('/machines/office/policy');
    const pane = page.getByRole('region', { name: 'Authentication' });
    await pane.getByText('Password', { exact: true }).click();
    await pane.getByLabel('Minimum length').fill('12');
    await pane.getByLabel('Minimum length').press('Enter');
    const isInFile = (words: RegExp) => until(async () => words.test(await page.getByLabel(FILE).inputValue()));
    await isInFile(/minimumLength: 12/);
    // What a box says is in the file first, and in the box then.
    await pane.getByLabel('Numerals').click();
    await isInFile(/numerals/);
    await pane.getByRole('checkbox', { name: 'Numerals', checked: true }).waitFor();
    await pane.getByLabel('Capitals').click();
    await isInFile(/capitals/);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();

    const [vm] = (await openProject(project.folder)).vms;
    const rules = { type: 'password', minimumLength: 12, contents: ['capitals', 'numerals'] };
    assert.deepEqual(vm?.policy.value.authentication, rules);
    const encryption = page.getByRole('region', { name: 'Encryption' });
    const isEncrypted = encryption.getByRole('switch', { name: 'Its disks are encrypted on its user’s computer' });
    const recovers = encryption.getByRole('switch', { name: 'The project’s recovery key opens them too' });
    assert.ok(await recovers.isDisabled());
    await encryption.getByText('Only where its disks are encrypted').waitFor();
    await isEncrypted.click();
    await isInFile(/disks: true/);
    await page.getByRole('button', { name: 'Save' }).click();
    await encryption.getByText('set here').waitFor();
    assert.equal((await program('lazaret-manager', ['-C', project.folder, 'policy', 'check'])).status, 0);
    await encryption.locator('code').getByText('lazaret-manager keys recovery', { exact: true }).waitFor();
    await recovers.click();
    await isInFile(/recovery: true/);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    assert.match(
      (await program('lazaret-manager', ['-C', project.folder, 'policy', 'check'])).stderr,
      /RECOVERY_KEY_MISSING/,
    );
    const isSealed = encryption.getByRole('switch', { name: 'Its configuration is sealed on its user’s computer' });
    assert.ok((await isSealed.isChecked()) && (await isSealed.isDisabled()), 'encrypted disks imply it');
    await isEncrypted.click();
    await encryption.getByText('default', { exact: true }).waitFor();
    await isSealed.click();
    await isInFile(/disks: false\n {2}configuration: true/);
    await page.getByRole('button', { name: 'Save' }).click();
    await encryption.getByText('set here').waitFor();
    assert.equal((await program('lazaret-manager', ['-C', project.folder, 'policy', 'check'])).status, 0);
    await isSealed.click();
    await encryption.getByText('default', { exact: true }).waitFor();
    await pane.getByText('None', { exact: true }).click();
    await pane.getByText('default', { exact: true }).waitFor();
    assert.deepEqual(manager.complaints, []);
  },
);

test('users and groups of the domain are listed in their pane', NEEDS, async (t) => {
  const project = await madeProject(t);
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  await manager.goto('/machines/office/policy');
  const pane = page.getByRole('region', { name: 'Authentication' });
  const isInFile = (words: RegExp) => until(async () => words.test(await page.getByLabel(FILE).inputValue()));
  const add = async (label: string, name: string) => {
    const field = pane.locator('input').and(pane.getByLabel(label, { exact: true }));
    await field.fill(name);
    await field.press('Enter');
  };
  await pane.getByText('Users and groups', { exact: true }).click();
  await pane.getByText('Nobody is on the list yet, so nobody could open the machine.').waitFor();
  await add('Users', 'alice');
  await isInFile(/- alice/);
  await add(GROUPS, 'staff');
  await isInFile(/- staff/);
  await add('Users', 'ACME\\bob');
  await pane.getByLabel('So long without the domain').fill('for ever');
  await pane.getByLabel('So long without the domain').press('Enter');
  await pane.getByLabel('So long without the domain').fill('14d');
  await pane.getByLabel('So long without the domain').press('Enter');
  await isInFile(/offline: 14d/);
  await manager.shoot('manager-policy-accounts');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();

  const [vm] = (await openProject(project.folder)).vms;
  const list = { users: ['alice'], groups: ['staff'], offline: '14d' };
  assert.deepEqual(vm?.policy.value.authentication, { type: 'users-and-groups', ...list });
  assert.deepEqual(manager.complaints, []);
});

test('the script that opens a machine is part of its policy once its file is named', NEEDS, async (t) => {
  const project = await madeProject(t);
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  await manager.goto('/machines/office/policy');
  const pane = page.getByRole('region', { name: 'Authentication' });
  const isInFile = (words: RegExp) => until(async () => words.test(await page.getByLabel(FILE).inputValue()));
  const type = async (label: string, text: string) => {
    await pane.getByLabel(label, { exact: true }).fill(text);
    await pane.getByLabel(label, { exact: true }).blur();
  };
  await pane.getByText('Script', { exact: true }).first().click();
  await pane.getByText('default', { exact: true }).waitFor();
  const file = pane.getByRole('textbox', { name: 'Script' });
  await file.fill('who.sh');
  await file.blur();
  await isInFile(/type: script\n {2}file: who\.sh/);
  await type('Arguments', 'a b\nc');
  await isInFile(/- a b\n {4}- c/);
  await type('How long it may take', '3s');
  await isInFile(/timeout: 3s/);
  await type('What is told to whom it does not let in', 'Insert your card.');
  await isInFile(/message: Insert your card\./);
  await pane.getByLabel('It has the computer’s network').click();
  await isInFile(/network: true/);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();

  const [vm] = (await openProject(project.folder)).vms;
  const script = { file: 'who.sh', arguments: ['a b', 'c'], timeout: '3s', network: true };
  assert.deepEqual(vm?.policy.value.authentication, { type: 'script', ...script, message: 'Insert your card.' });
  await pane.getByText('Password', { exact: true }).click();
  await isInFile(/type: password/);
  await pane.getByText('None', { exact: true }).click();
  await pane.getByText('default', { exact: true }).waitFor();
  assert.deepEqual(manager.complaints, []);
});

test('a password for the administrator is set in its pane, and is not in the file', NEEDS, async (t) => {
  const project = await madeProject(t);
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  await manager.goto('/machines/office/policy');
  const pane = page.getByRole('region', { name: 'Administrator access' });
  const set = pane.getByRole('button', { name: 'Set the password' });
  await pane.getByLabel('A password for the administrator').fill('short');
  await pane.getByText(/^At least 12 characters/).waitFor();
  assert.ok(await set.isDisabled());
  await pane.getByLabel('A password for the administrator').fill('nine blue horses');
  await pane.getByLabel('The same once more').fill('nine blue cows');
  assert.ok(await set.isDisabled());
  await pane.getByLabel('The same once more').fill('nine blue horses');
  await set.click();
  await pane.getByText('set here').waitFor();
  assert.match(await page.getByLabel(FILE).inputValue(), /administratorAccess:\n {2}verifier:/);
  assert.doesNotMatch(await page.getByLabel(FILE).inputValue(), /horses/);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();

  const [vm] = (await openProject(project.folder)).vms;
  const { verifier = { work: 0, salt: '', hash: '' } } = vm?.policy.value.administratorAccess ?? {};
  assert.ok(await isRight(verifier, 'nine blue horses'));
  await pane.getByRole('button', { name: 'Back to the default' }).click();
  await pane.getByText('default', { exact: true }).waitFor();
  assert.deepEqual(manager.complaints, []);
});

test('a machine outside the project is none; the later of two writers is told', NEEDS, async (t) => {
  const project = await madeProject(t);
  await using manager = await ManagerInBrowser.open(project.folder);
  const { page } = manager;
  for (const name of ['..%2F..%2Fetc', 'none']) {
    const answer = await page.context().request.get(`${manager.origin}/api/v1/machines/${name}/policy`);
    assert.match(await answer.text(), /VM_UNKNOWN/, name);
  }
  await manager.goto('/machines/office/policy');
  await page.getByLabel(FILE).fill('format: 1\nquarantine: { type: none }\nipv6: true\n');
  await project.setQuarantine(threeVersions());
  await page.getByText('Somebody else has changed this policy meanwhile.').waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('PROJECT_CHANGED').waitFor();
});

test('auf Deutsch a file that is wrong is told in German: by its editor, and among the problems', NEEDS, async (t) => {
  const project = await madeProject(t);
  const path = vmPaths(project.folder, 'office').policy;
  await using manager = await ManagerInBrowser.open(project.folder, { locale: 'de-DE' });
  const { page } = manager;
  await manager.goto('/machines/office/policy');
  const file = page.getByRole('textbox', { name: 'Die Datei, policy.yaml' });
  const told = page.getByRole('alert');
  await file.fill('format: 1\nformat: 1\n');
  await told.getByText('Zeile 2, Spalte 1: ein Feld steht zweimal da').waitFor();
  await file.fill('format: 1\nquarantine: {type: static}\ncopies: 3\n');
  await told.getByText('hat ein Feld, das es nicht gibt: "copies"').waitFor();
  await manager.shoot('manager-policy-wrong-de');

  writeFileSync(path, 'format: 1\nquarantine: 7\n');
  await manager.goto('/problems');
  const words = page.getByText('vms/office/policy.yaml: quarantine muss ein Block von Feldern sein, nicht eine Zahl');
  await words.waitFor();
  assert.equal(await words.getAttribute('lang'), 'de');
  await manager.shoot('manager-problems-wrong-de');
  assert.deepEqual(manager.complaints, []);
});

test('the policy editor holds up', NEEDS, async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  await using manager = await ManagerInBrowser.open(project.folder, { locale: 'de-DE' });
  await manager.holdsUp(
    '/machines/office/policy',
    (page) => page.getByLabel('Die Datei, policy.yaml'),
    'manager-policy',
  );
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(50);
}
