import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { madeProject, PASSPHRASE } from '../fakes/made-project.ts';
import { managerProcess } from '../fakes/manager-process.ts';

const WRONG = 'planted-and-wrong';

test('a passphrase that is given in the page is in no file, no answer, no event and no word of the process', async (t) => {
  const project = await madeProject(t);
  const manager = await managerProcess(t, project.folder);
  const over = new AbortController();
  const told = readAll(await manager.fetch('/v1/live', { signal: over.signal }));
  const said: string[] = [];
  for (const passphrase of [WRONG, PASSPHRASE]) {
    const { id } = await manager.ask('deploy', { body: { passphrase } });
    said.push(JSON.stringify(await manager.over(id)));
    const body = { kind: 'full', name: `office-${passphrase.length}`, passphrase, format: 'folder', out: project.out };
    const build = await manager.ask('buildPackage', { body });
    said.push(JSON.stringify(await manager.over(build.id)));
  }
  said.push(JSON.stringify(await manager.ask('tasks')), ...wordsOf(manager.child.pid));
  over.abort();
  said.push(await told);
  // What was looked through has the tasks in it.
  assert.match(said.join(' '), /KEY_PASSPHRASE.*"serial":1/s);
  assert.match(await told, /"task"/);
  const files = filesBelow(join(project.folder, '..'));
  assert.ok(files.length > 20);

  for (const secret of [WRONG, PASSPHRASE]) {
    assert.deepEqual(
      said.filter((words) => words.includes(secret)),
      [],
    );
    assert.deepEqual(
      files.filter((file) => readFileSync(file).includes(secret)),
      [],
    );
  }
});

/** How a process was called, and what its environment is. */
function wordsOf(pid: number | undefined): string[] {
  return ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'latin1'));
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

/** All that comes until the connection is ended. */
async function readAll({ body }: Response): Promise<string> {
  let read = '';
  try {
    for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) read += text;
  } catch {
    // It was ended.
  }
  return read;
}
