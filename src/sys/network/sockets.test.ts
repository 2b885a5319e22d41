import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lineServer } from '../../../test/fakes/line-server.ts';
import { scratch } from '../../../test/fakes/made-project.ts';
import { connectUnix } from './sockets.ts';

test('a link in a folder of sockets is not followed to another socket, and a file there is none', async (t) => {
  const folder = scratch(t);
  const { path } = await lineServer(t, folder);
  symlinkSync(path, join(folder, 'link'));
  writeFileSync(join(folder, 'file'), '');

  for (const name of ['link', 'file'])
    await assert.rejects(connectUnix(join(folder, name), 1000), { code: 'FILE_DENIED' }, name);
  (await connectUnix(path, 1000)).destroy();
});
