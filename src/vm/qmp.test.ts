import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { lineServer } from '../../test/fakes/line-server.ts';
import { scratch } from '../../test/fakes/made-project.ts';
import type { QemuNews } from './news.ts';
import { Qmp } from './qmp.ts';

/** A QEMU that answers every command with what it was told. */
async function qemu(t: TestContext) {
  const { path, peer } = await lineServer(t, scratch(t));
  const answering = peer.then((socket) => {
    socket.on('data', (lines) => answer(socket, String(lines)));
    return socket;
  });
  return { path, answering };
}

function answer(socket: Socket, lines: string): void {
  for (const line of lines.split('\n').filter(Boolean)) {
    const { id, execute } = JSON.parse(line);
    socket.write(`${JSON.stringify({ return: { told: execute }, id })}\n`);
  }
}

test('what QEMU says without being asked is news; what we do not know is none', async (t) => {
  const { path, answering } = await qemu(t);
  const heard: QemuNews[] = [];
  await using qmp = await Qmp.connect(path, { onNews: (news) => heard.push(news) });
  const timestamp = { seconds: 1, microseconds: 2 };

  (await answering).write(
    [
      { event: 'RTC_CHANGE', data: { offset: 1 }, timestamp },
      { event: 'STOP', timestamp },
    ]
      .map((event) => `${JSON.stringify(event)}\n`)
      .join(''),
  );

  assert.deepEqual(await qmp.execute('query-status'), { told: 'query-status' });
  assert.deepEqual(heard, [{ event: 'STOP' }]);
});

test('a QEMU that does not answer is given up in time, and let go of', async (t) => {
  const { path, peer } = await lineServer(t, scratch(t));

  await assert.rejects(Qmp.connect(path, { withinMs: 20 }), { code: 'VM_FAILED' });

  const mute = await peer;
  mute.resume();
  await once(mute, 'close');
});

test('a command after the end fails at once, and keeps nobody waiting', async (t) => {
  const { path } = await qemu(t);
  const qmp = await Qmp.connect(path);
  await qmp[Symbol.asyncDispose]();

  const outcome = await Promise.race([
    qmp.execute('cont').catch((error: unknown) => error),
    new Promise((resolve) => setTimeout(resolve, 60_000, 'late').unref()),
  ]);

  assert.match(String(outcome), /cannot be told cont/);
});
