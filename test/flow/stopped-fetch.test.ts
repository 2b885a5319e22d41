import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { collect } from '../../src/install/change/generation/collect.ts';
import { readIfInstalled } from '../../src/install/state/instances.ts';
import { publishedListener } from '../../src/manager/published.ts';
import { listenTcp } from '../../src/sys/http/http-server.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { madeProject } from '../fakes/made-project.ts';
import { change, copyOf, listing, requireBootable } from '../fakes/stopped.ts';

const skip = hasProgram('qemu-img') ? false : 'qemu-img is not installed';
const MIB = 1 << 20;

/** A project’s web server, and the first byte of each request for a blob. */
async function serve(t: TestContext, folder: string) {
  const asked: number[] = [];
  const published = publishedListener(join(folder, 'published'));
  const web = await listenTcp('127.0.0.1', 0, (request, response) => {
    if (request.url?.includes('/blobs/'))
      asked.push(Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0));
    return published(request, response);
  });
  t.after(() => web[Symbol.asyncDispose]());
  return { address: `http://127.0.0.1:${web.port}/packages`, asked };
}

/** What has arrived of the blob that was being fetched, in bytes. */
function arrived(state: string): number | undefined {
  const part = readdirSync(join(state, 'staging')).find((name) => name.endsWith('.part'));
  return part === undefined ? undefined : statSync(join(state, 'staging', part)).size;
}

test('a fetch that is killed anywhere goes on from there, from its server or from a folder, and ends equal', {
  skip,
}, async (t) => {
  const project = await madeProject(t, 'Acme', Date.now(), { diskBytes: 20 * MIB });
  const { folder, blobBytes } = await project.build('one');
  const { address, asked } = await serve(t, project.folder);
  const none = join(folder, 'no-such-state');
  const words = (source: string) => ['install', source, project.fingerprint];
  const whole = copyOf(t, none);
  const all = await change(whole, '-', words(address));
  const steps = all.filter((step) => /^(origin|fetched|blob)/.test(step));
  assert.ok(steps.filter((step) => step.startsWith('fetched')).length >= 4, steps.join());

  for (const [first, second] of [
    [address, address],
    [address, folder],
    [folder, address],
  ] as const) {
    const how = (source: string) => (source === folder ? 'folder' : 'server');
    for (const step of steps) {
      const name = step.replace(/[0-9a-f]{64}/, '…');
      await t.test(`from the ${how(first)}, killed after “${name}”, then from the ${how(second)}`, async (sub) => {
        const state = copyOf(sub, none);
        await change(state, step, words(first));
        await collect(state, new Map());
        assert.equal(await readIfInstalled(state, 'office'), undefined);
        const before = arrived(state) ?? 0;
        if (!step.startsWith('origin')) assert.ok(before >= 2 * MIB, 'what was fetched outlives the kill');
        asked.length = 0;

        await change(state, '-', words(second));

        if (second === address && step.startsWith('fetched'))
          assert.equal(Math.min(...asked, blobBytes), before, 'no byte is fetched twice');
        if (step.startsWith('blob') || second === folder) assert.deepEqual(asked, []);
        await collect(state, new Map());
        assert.equal(await requireBootable(state), 1);
        assert.deepEqual(listing(state), listing(whole));
      });
    }
  }
});
