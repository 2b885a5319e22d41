import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { publishedManifests } from '../../src/package/build/published.ts';
import { releaseEntries } from '../../src/package/build/releases.ts';
import { vmPaths } from '../../src/project/layout.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { code } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

test('a release or a published manifest that was damaged in the project has a code', { skip }, async (t) => {
  const project = await madeProject(t);
  await project.build('one');
  const repository = join(project.folder, 'published', 'packages');
  const targets = join(repository, 'targets');
  const manifest = readdirSync(targets).find((name) => name.endsWith('.json')) ?? assert.fail('a manifest');

  writeFileSync(join(vmPaths(project.folder, 'office').releases, '1.json'), '{"sha');
  writeFileSync(join(targets, manifest), '{"for');

  await assert.rejects(releaseEntries(project.folder, 'office'), code('PROJECT_INVALID'));
  await assert.rejects(publishedManifests(repository), code('PROJECT_INVALID'));
});
