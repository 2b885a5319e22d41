import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch } from '../../../test/fakes/made-project.ts';
import { copyFileTo, digestFile, headOf } from '../files/files.ts';
import { MediumFile } from './medium-file.ts';

test('a file and a pipe that take turns at a path keep nobody waiting: each is read or refused', async (t) => {
  const folder = scratch(t);
  const [path, file, pipe] = [join(folder, 'package.tar'), join(folder, 'file'), join(folder, 'pipe')];
  let done = 0;
  const works = [
    async () => (await MediumFile.open(path))?.[Symbol.asyncDispose](),
    () => copyFileTo(path, join(folder, 'copy'), 100),
    () => digestFile(path),
    () => headOf(path, 10),
  ];
  for (let turn = 0; turn < 50; turn += 1) {
    writeFileSync(file, 'package');
    execFileSync('mkfifo', [pipe]);
    renameSync(file, path);
    const working = works.map((work) =>
      work().then(
        () => 'read',
        ({ code }: { code?: string }) => code,
      ),
    );
    // Whatever was only looked at by now is another.
    await Promise.resolve();
    renameSync(pipe, path);
    for (const outcome of await Promise.all(working)) {
      assert.ok(['read', 'FILE_INVALID'].includes(outcome ?? ''), `${outcome}`);
      done += 1;
    }
  }
  assert.equal(done, 50 * works.length);
  assert.ok(!existsSync(join(folder, 'copy')) || readFileSync(join(folder, 'copy'), 'utf8') === 'package');
});
