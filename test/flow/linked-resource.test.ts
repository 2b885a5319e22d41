import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packResources } from '../../src/package/build/resources.ts';
import { projectPaths } from '../../src/project/layout.ts';
import { openProject } from '../../src/project/open.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code } from '../fakes/made-computer.ts';
import { madeProject, scratch } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

test('a link among a project’s resources does not bring what it leads to into a package', { skip }, async (t) => {
  const { folder } = await madeProject(t);
  const { resources } = projectPaths(folder);
  const secret = join(scratch(t), 'secret');
  writeFileSync(secret, 'nobody else’s business');
  mkdirSync(resources, { recursive: true });
  writeFileSync(join(resources, 'plain.sh'), 'true\n');
  symlinkSync(secret, join(resources, 'linked.sh'));
  const project = await openProject(folder);

  await assert.rejects(packResources(project), code('FILE_INVALID'));
  rmSync(join(resources, 'linked.sh'));
  assert.deepEqual(
    (await packResources(project)).map(({ name }) => name),
    ['plain.sh'],
  );
});
