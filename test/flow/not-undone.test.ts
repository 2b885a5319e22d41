import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rollBack } from '../../src/install/change/back/rollback.ts';
import { updateFromServer } from '../../src/install/change/update.ts';
import { openInstance } from '../../src/install/state/instances.ts';
import { projectPaths } from '../../src/project/layout.ts';
import { openProject } from '../../src/project/open.ts';
import { saveProjectFile } from '../../src/project/save.ts';
import { code, computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';

test('an update does not bring again what was rolled back from, unless the machine is named; a newer package comes', async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), { dataDiskMiB: 64 });
  const opened = await openProject(project.folder);
  const packageServer = `file://${projectPaths(project.folder).packages}`;
  await saveProjectFile(opened, { ...opened.file.value, packageServer });
  const { install, state } = computer(t);
  await install((await project.build('one')).folder, { fingerprint: project.fingerprint });
  const update = (vm?: string) =>
    updateFromServer(
      { full: true, replace: true, keepOld: true, ...(vm === undefined ? {} : { vm }) },
      {
        ...{ state, running: () => new Map(), now: Date.now() },
        ...{ signal: new AbortController().signal, onProgress: () => undefined },
      },
    );
  const generation = async () => (await openInstance(state, 'office')).current.generation;
  await project.changeDisk(0);
  await project.build('two', { kind: 'update' });
  await update();
  assert.equal(await generation(), 2);

  await rollBack(state, 'office');
  await assert.rejects(update(), {
    ...code('UPDATE_ROLLED_BACK'),
    message: /office was rolled back from the package two/,
  });
  assert.equal(await generation(), 1);

  await update('office');
  assert.equal(await generation(), 2);
  await rollBack(state, 'office');
  await project.changeDisk(64 << 10);
  await project.build('three', { kind: 'update' });
  await update();
  assert.equal(await generation(), 3);
});
