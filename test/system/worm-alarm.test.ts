import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { SERVERS, whyNoNetwork } from '../../lab/network.ts';
import { Remote } from './net/calls.ts';
import { until } from './net/until.ts';

const PEER = join(import.meta.dirname, 'net', 'peer.ts');
const PORT = 8000;
const LISTS = { normal: ['intranet.lab.test', 'update.lab.test'], restricted: ['update.lab.test'], interval: '1h' };
type Place = 'intranet' | 'update';

test('a worm alarm, deployed while a guest holds connections, cuts what is forbidden now', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  const intranet = new Remote(job.network.command('intranet', 'env', []), PEER);
  const update = new Remote(job.network.command('update', 'env', []), PEER);
  for (const server of [intranet, update]) await server.call('listenTcp', PORT, 20);
  const fingerprint = await job.makeProject();
  await job.setLists(LISTS);
  const version = await job.addVersion('1.0');
  await job.require('1.0');
  await job.serve();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  assert.equal((await job.nqSet(version)).status, 0);
  for (const name of ['intranet', 'update'] as const) await openFlow(job, name);
  await job.guest('until [ -s /tmp/intranet -a -s /tmp/update ]; do sleep 0.1; done');

  await job.setLists({ ...LISTS, normal: ['update.lab.test'] });
  assert.deepEqual(await intranet.call('cuts'), [], 'it was cut before the deploy');
  const deployed = await job.deploy();
  const cuts: [port: number, atMs: number][] = [];
  await until(async () => {
    cuts.push(...(await intranet.call('cuts')));
    return cuts.length > 0;
  });
  const lateMs = (cuts[0]?.[1] ?? Number.NaN) - deployed;
  t.diagnostic(`cut ${lateMs.toFixed(0)} ms after the deploy had returned`);

  await job.guest('until [ -e /tmp/intranet.ended ]; do sleep 0.1; done');
  const grows = 'a=$(wc -c </tmp/update); until [ $(wc -c </tmp/update) -gt $a ]; do sleep 0.1; done; ls /tmp/*.ended';
  assert.equal((await job.guest(grows)).output, '/tmp/intranet.ended');
  assert.deepEqual(await update.call('cuts'), []);
  assert.deepEqual(await job.reached(), ['update']);
  assert.equal((await job.status()).access, 'normal');
  await job.stopMachine();
  for (const server of [intranet, update]) await server.end();
});

/** A connection on which both ends go on sending; what comes is kept in /tmp, and its end is noted there. */
async function openFlow(job: MainJob, place: Place): Promise<void> {
  const sending = '(while echo more; do sleep 0.1; done)';
  const flow = `${sending} | nc ${SERVERS[place]} ${PORT} >/tmp/${place}; >/tmp/${place}.ended`;
  await job.guest(`(${flow}) </dev/null >/dev/null 2>&1 &`);
}
