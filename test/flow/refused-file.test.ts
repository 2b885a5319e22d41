import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { listenTcp } from '../../src/sys/http/http-server.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { computer } from '../fakes/made-computer.ts';
import { madeProject } from '../fakes/made-project.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';

for (const status of [403, 404]) {
  test(`a server that refuses a file of a full package with ${status} is named, and its status`, {
    skip,
  }, async (t) => {
    const project = await madeProject(t);
    const { folder } = await project.build('one');
    const listening = await listenTcp('127.0.0.1', 0, async ({ url = '/' }, response) => {
      // As IIS does with files whose ending it does not know.
      const bytes = url.includes('/blobs/') ? undefined : await readFile(join(folder, url)).catch(() => undefined);
      response.writeHead(bytes ? 200 : status).end(bytes);
    });
    t.after(() => listening[Symbol.asyncDispose]());
    const source = `http://127.0.0.1:${listening.port}/`;

    await assert.rejects(computer(t).install(source, { fingerprint: project.fingerprint }), {
      code: 'FETCH_MISSING',
      message: new RegExp(`^${source}blobs/[0-9a-f]{64} answered with status ${status}$`),
    });
  });
}
