import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BIN } from '../../lab/programs.ts';
import { vmPaths } from '../../src/project/layout.ts';
import { openProject, vmNamed } from '../../src/project/open.ts';
import { takeLock } from '../../src/sys/files/lock.ts';
import { failureIn, program } from '../fakes/command-line.ts';
import { madeProject } from '../fakes/made-project.ts';
import { listed, threeVersions } from '../fakes/quarantine.ts';
import { atTerminal, ENTER } from '../fakes/terminal.ts';

const quarantineIn = async (folder: string) => vmNamed(await openProject(folder), 'office').policy.value.quarantine;

test('a machine of the project is removed only when its name is typed, or with --yes', async (t) => {
  const { folder, addVm } = await madeProject(t);
  await addVm('lab');
  const { folder: office } = vmPaths(folder, 'office');

  const refused = await program('lazaret-manager', ['-C', folder, 'vm', 'remove', 'office', '--json']);
  assert.deepEqual([refused.status, failureIn(refused).code], [75, 'LOSS_CONFIRM']);
  assert.match(failureIn(refused).reason, /disk of office.* gone for good/);
  const wrong = atTerminal(t, `${BIN}/lazaret-manager -C ${folder} vm remove office`);
  await wrong.answer('Type “office” to go on', 'y', ENTER);
  assert.equal(await wrong.status(), 75);
  assert.ok(existsSync(office));

  const right = atTerminal(t, `${BIN}/lazaret-manager -C ${folder} vm remove office`);
  await right.answer('Type “office” to go on', 'office', ENTER);
  assert.equal(await right.status(), 0, right.text());
  assert.equal(existsSync(office), false);
  assert.equal((await program('lazaret-manager', ['-C', folder, 'vm', 'remove', 'lab', '--yes'])).status, 0);
});

test('a machine that runs in preview, or is packaged, is not removed, even with --yes', async (t) => {
  const { folder } = await madeProject(t);
  const { folder: office } = vmPaths(folder, 'office');
  await using running = await takeLock(join(office, '.lock'));
  assert.ok(running);

  const refused = await program('lazaret-manager', ['-C', folder, 'vm', 'remove', 'office', '--yes', '--json']);

  assert.equal(failureIn(refused).code, 'VM_RUNNING');
  assert.ok(existsSync(join(office, 'disks', 'work.qcow2')));
});

test('another type of quarantine asks before versions, threshold and messages are lost', async (t) => {
  const project = await madeProject(t);
  const { folder } = project;
  await project.setQuarantine(threeVersions());
  const set = ['-C', folder, 'nq', 'set', 'office', '--type', 'static'];

  const refused = await program('lazaret-manager', [...set, '--json']);
  assert.deepEqual([refused.status, failureIn(refused).code], [75, 'LOSS_CONFIRM']);
  assert.match(failureIn(refused).reason, /3 versions with their descriptors, the threshold second, .*message/);
  assert.deepEqual(await quarantineIn(folder), threeVersions());

  const typed = atTerminal(t, `${BIN}/lazaret-manager ${set.join(' ')}`);
  await typed.answer('Type “office” to go on', 'office', ENTER);
  assert.equal(await typed.status(), 0, typed.text());
  assert.deepEqual(await quarantineIn(folder), { type: 'static', mode: 'whitelist', normal: listed('10.0.0.0/8') });
  const same = await program('lazaret-manager', [...set, '--normal', '10.1.0.0/16', '--json']);
  assert.equal(same.status, 0, 'the same type loses nothing that was not named');
});
