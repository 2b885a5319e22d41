import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BIN } from '../../lab/programs.ts';
import { openProject, vmNamed } from '../../src/project/open.ts';
import { madeProject } from '../fakes/made-project.ts';
import { listed, threeVersions } from '../fakes/quarantine.ts';
import { atTerminal, ENTER } from '../fakes/terminal.ts';

const MANAGER = join(BIN, 'lazaret-manager');
const DOWN = '\u001b[B';
const SPACE = ' ';
const CANCEL = '\u0003';

function startWizard(t: TestContext, project: string, more = '') {
  return atTerminal(t, `${MANAGER} -C ${project} nq wizard office ${more}`);
}

test('the wizard asks what version-based quarantine needs, in VMware ACE’s order, and saves what it showed', async (t) => {
  const project = await madeProject(t);
  const wizard = startWizard(t, project.folder);

  await wizard.answer('Which quarantine?', DOWN, DOWN, DOWN, ENTER);
  await wizard.answer('How often is the policy looked up?', ENTER);
  await wizard.answer('while the policy server cannot be reached?', ENTER);
  await wizard.answer('And then?', ENTER);
  await wizard.answer('What do the lists say?', ENTER);
  await wizard.answer('one more, or nothing', 'intranet.example tcp 443', ENTER);
  await wizard.answer('one more, or nothing', ENTER);
  await wizard.answer('Normal access', DOWN, SPACE, ENTER);
  await wizard.answer('Restricted access', ENTER);
  await wizard.answer('one more, or nothing', '10.0.0.1/8', ENTER);
  await wizard.answer('one more, or nothing', ENTER);
  await wizard.answer('starts inside a subnet');
  await wizard.answer('one more, or nothing', '10.0.0.1', ENTER);
  await wizard.answer('one more, or nothing', ENTER);
  await wizard.answer('Newer versions to define', '2026-11', ENTER);
  await wizard.answer('one more, or nothing', ENTER);
  await wizard.answer('What does a machine count as', ENTER);
  await wizard.answer('Which versions have normal access?', DOWN, ENTER);
  await wizard.answer('How long do older ones keep it', '3d', ENTER);
  await wizard.answer('Shown while access is restricted', 'Please update.', ENTER);
  await wizard.answer('Shown while a newer version exists', ENTER);
  await wizard.answer('Save it?', ENTER);
  assert.equal(await wizard.status(), 0);

  const { quarantine } = vmNamed(await openProject(project.folder), 'office').policy.value;
  assert.ok(quarantine.type === 'version-based');
  assert.deepEqual(quarantine.normal, { ...listed('intranet.example tcp 443'), exceptions: ['icmp'] });
  assert.deepEqual(quarantine.restricted, listed('10.0.0.1'));
  assert.deepEqual(
    quarantine.versions.map(({ name }) => name),
    ['2026-11'],
  );
  assert.deepEqual([quarantine.grace, quarantine.messages], ['3d', { restricted: 'Please update.' }]);
});

test('a wizard that is broken off changes nothing', async (t) => {
  const project = await madeProject(t);
  const wizard = startWizard(t, project.folder);

  await wizard.answer('Which quarantine?', DOWN, ENTER);
  await wizard.answer('What do the lists say?', CANCEL);

  assert.notEqual(await wizard.status(), 0);
  const { quarantine } = vmNamed(await openProject(project.folder), 'office').policy.value;
  assert.deepEqual(quarantine, { type: 'none' });
});

test('the wizard begins with the panel that is wanted, and may finish after it', async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  const wizard = startWizard(t, project.folder, '--panel messages');

  await wizard.answer('Shown while access is restricted', ', now', ENTER);
  await wizard.answer('Shown while a newer version exists', ENTER);
  await wizard.answer('Save it?', ENTER);
  assert.equal(await wizard.status(), 0, wizard.text());

  const { quarantine } = vmNamed(await openProject(project.folder), 'office').policy.value;
  const messages = { restricted: 'please update, now', updateAvailable: 'there is an update' };
  assert.deepEqual(quarantine, { ...threeVersions(), messages });
  const without = startWizard(t, project.folder, '--panel script');
  assert.equal(await without.status(), 64, 'version-based quarantine has no such panel');
  assert.match(without.text(), /no panel script, but options, lookup, normal/);
});

test('the wizard says what another type loses, and wants the machine’s name for it', async (t) => {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  const wizard = startWizard(t, project.folder);

  // Behind the last type comes the first, none.
  await wizard.answer('Which quarantine?', DOWN, DOWN, ENTER);
  await wizard.answer('Save it?', ENTER);
  await wizard.answer('Type “office” to go on', 'y', ENTER);
  assert.equal(await wizard.status(), 75);
  assert.match(wizard.text(), /Ready to Complete[\s\S]*as none quarantine office would lose 3 versions[\s\S]*Save it/);
  const { quarantine } = vmNamed(await openProject(project.folder), 'office').policy.value;
  assert.deepEqual(quarantine, threeVersions());
});
