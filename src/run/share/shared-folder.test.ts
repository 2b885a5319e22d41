import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { code } from '../../../test/fakes/made-computer.ts';
import { scratch } from '../../../test/fakes/made-project.ts';
import { FrameReader, frame } from '../../guest/webdav/frames.ts';
import { PolicyDocument } from '../../policy/schema.ts';
import { hasOwnUsers } from '../../sys/programs/users.ts';
import { SharedFolder } from './shared-folder.ts';

const NOBODY = 65534;
const NOW = '2026-01-10T12:00:00.000Z';
const wish = { readOnly: true, uid: undefined };

/** A machine whose QEMU knows ports alone, and listens where it is told. */
function machine(t: TestContext, access: string, hardware?: 'compatible') {
  const root = scratch(t);
  const runFolder = join(root, 'run');
  const folder = join(root, 'shared');
  for (const path of [runFolder, join(runFolder, 's'), folder]) mkdirSync(path);
  writeFileSync(join(folder, 'file'), 'hello');
  const told: string[] = [];
  const plugged = new Set<string>();
  const world = { access, told, plugged, isSuspending: false, port: undefined as Socket | undefined };
  let chardev: Server | undefined;
  const end = () => {
    world.port?.destroy();
    chardev?.close();
    chardev = undefined;
  };
  t.after(end);
  const qmp = {
    async execute(command: string, args: Record<string, unknown> = {}) {
      if (command === 'qom-list') return [...world.plugged].map((name) => ({ name }));
      if (command === 'query-chardev') return chardev ? [{ label: 'share' }] : [];
      if (command === 'chardev-add') {
        const { backend } = args as { backend: { data: { addr: { data: { path: string } } } } };
        chardev = createServer((socket) => {
          world.port = socket.on('error', () => undefined);
        }).listen(backend.data.addr.data.path);
        await once(chardev, 'listening');
      }
      if (command === 'device_add') world.plugged.add(`${args['id']}`);
      if (command === 'device_del') world.plugged.delete(`${args['id']}`);
      if (command === 'chardev-remove') end();
      return {};
    },
  };
  const document = () =>
    PolicyDocument.parse({
      ...{ format: 1, project: '0'.repeat(64), vm: 'office', vmId: '6d1a1b9c-6a3e-4a57-9f3e-2d8f0f6c1a11', serial: 1 },
      policy: { format: 1, quarantine: { type: 'none' }, sharedFolder: { access: world.access } },
    });
  const make = () => {
    const share = new SharedFolder({
      // biome-ignore lint/suspicious/noExplicitAny: a monitor is more than what is asked of it here
      qmp: qmp as any,
      spec: { name: 'office', runFolder, ...(hardware ? { hardware } : {}) },
      deps: {
        events: { add: async ({ text }: { text: string }) => void world.told.push(text) },
        log: { error: () => undefined },
        policies: { now: async () => Date.parse(NOW) },
      },
      access: {
        get policy() {
          return { document: document() };
        },
      },
      isSuspending: () => world.isSuspending,
    });
    t.after(() => share[Symbol.asyncDispose]());
    return share;
  };
  return { world, folder, runFolder, make };
}

/** The whole answer to one request through the port. */
async function get(port: Socket | undefined, address: string): Promise<string> {
  assert.ok(port);
  const request = Buffer.from(`GET ${address} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  port.write(frame(1n, request));
  const reader = new FrameReader();
  let answer = '';
  for await (const bytes of port.iterator({ destroyOnReturn: false }))
    for (const { bytes: piece } of reader.read(bytes)) {
      if (piece.length === 0) return answer;
      answer += piece.toString();
    }
  return answer;
}

test('what the project forbids is refused; what it lets be read is shared, until it does not any more', async (t) => {
  const { world, folder, runFolder, make } = machine(t, 'nobody');
  const share = make();
  await assert.rejects(share.share({ ...wish, path: folder }), code('SHARE_FORBIDDEN'));
  world.access = 'read-only';
  await assert.rejects(share.share({ ...wish, path: folder, readOnly: false }), code('SHARE_FORBIDDEN'));
  assert.equal(share.report(), undefined);
  assert.equal(world.plugged.size, 0);

  await share.share({ ...wish, path: folder });
  assert.deepEqual(share.report(), { path: folder, readOnly: true, since: NOW });
  assert.match(await get(world.port, '/file'), /200 OK[\s\S]*hello$/);

  world.access = 'nobody';
  await share.follow('interval');
  assert.equal(share.report(), undefined);
  assert.equal(world.plugged.size, 0);
  assert.ok(!existsSync(join(runFolder, 'share.json')));
  assert.match(world.told.at(-1) ?? '', /not any more: the project lets no folder be shared with office/);
});

test('what the project takes back goes before all that waits to be shared; nothing is shared with a machine that is being suspended', async (t) => {
  const { world, folder, make } = machine(t, 'read-only');
  const share = make();
  await share.share({ ...wish, path: folder });
  const flood = Array.from({ length: 20 }, () => share.share({ ...wish, path: folder }));
  for (const one of flood) one.catch(() => undefined);
  world.access = 'nobody';
  await share.follow('interval');
  assert.equal(share.report(), undefined);
  assert.ok(world.told.length <= 3, `${world.told.length} were shared first`);
  await Promise.allSettled(flood);

  world.access = 'read-only';
  world.isSuspending = true;
  await assert.rejects(share.share({ ...wish, path: folder }), code('VM_NOT_RUNNING'));
  assert.equal(world.plugged.size, 0);
  world.isSuspending = false;
  await share.share({ ...wish, path: folder });
  const late = [share[Symbol.asyncDispose](), share.share({ ...wish, path: folder })];
  assert.deepEqual(
    (await Promise.allSettled(late)).map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
});

test('a later service serves it again, and one whose folder has gone says so', async (t) => {
  const { world, folder, runFolder, make } = machine(t, 'read-write');
  const first = make();
  await first.share({ ...wish, path: folder });
  await first[Symbol.asyncDispose]();
  assert.ok(world.plugged.has('share-port'));

  const second = make();
  await second.follow('interval');
  assert.equal(second.report()?.path, folder);
  assert.match(await get(world.port, '/file'), /hello$/);
  await second[Symbol.asyncDispose]();

  writeFileSync(
    join(runFolder, 'share.json'),
    JSON.stringify({ format: 1, path: join(folder, 'none'), readOnly: true, since: NOW }),
  );
  const third = make();
  await third.follow('interval');
  assert.equal(third.report(), undefined);
  assert.equal(world.plugged.size, 0);
  assert.match(world.told.at(-1) ?? '', /is not there/);
});

test('hardware without a port has none; with one it is shared', async (t) => {
  const compatible = machine(t, 'read-write', 'compatible');
  await assert.rejects(compatible.make().share({ ...wish, path: compatible.folder }), code('SHARE_IMPOSSIBLE'));
  const { folder, make } = machine(t, 'read-write');
  const share = make();
  await share.share({ ...wish, path: folder });
  assert.equal(share.report()?.path, folder);
});

const skip = hasOwnUsers(NOBODY) ? false : 'this process is not root';

test('a guest has what its user may read, and no more', { skip }, async (t) => {
  const { world, folder, make } = machine(t, 'read-write');
  const share = make();
  const above = join(folder, '..');
  chmodSync(above, 0o700);
  await assert.rejects(share.share({ path: folder, readOnly: true, uid: NOBODY }), code('FILE_DENIED'));
  assert.equal(share.report(), undefined);

  chmodSync(above, 0o755);
  writeFileSync(join(folder, 'private'), 'SECRET', { mode: 0o600 });
  await share.share({ path: folder, readOnly: true, uid: NOBODY });
  assert.match(await get(world.port, '/private'), /^HTTP\/1.1 403/);
  await share.share({ path: folder, readOnly: true, uid: NOBODY });
  assert.match(await get(world.port, '/file'), /hello$/);
});
