import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { MainJob } from '../../lab/main-job.ts';
import { whyNoNetwork } from '../../lab/network.ts';

test('where the policy takes no guest’s word, a version counts that the update server signed for this very machine', {
  skip: whyNoNetwork(),
}, async () => {
  await using job = await MainJob.start();
  const key = join(job.computer.folder, 'update-server.pem');
  const manager = async (...args: string[]) => {
    const { status, stdout, stderr } = await job.computer.manager(...args);
    assert.equal(status, 0, stderr);
    return stdout.trim();
  };
  const fingerprint = await job.makeProject();
  await job.setQuarantine({ interval: '10s' });
  const version = await job.addVersion('1.0');
  const next = await job.addVersion('1.1');
  const [signer = ''] = (await manager('nq', 'signer', 'new', key)).split('\n');
  await manager('nq', 'set', job.vm, '--version-from', 'signed', '--signer', signer);
  await job.require('1.0');
  await job.serve();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();

  const own = await job.nqSet(version);
  assert.equal(own.status, 1);
  assert.match(own.output, /does not accept a version/);
  assert.deepEqual(await job.reached(), ['update']);

  const { output: uuid } = await job.guest('cat /sys/class/dmi/id/product_uuid');
  const sign = (descriptor: string, machine: string) =>
    manager('nq', 'signer', 'sign', key, descriptor, '--machine', machine);
  const elsewhere = await sign(
    version,
    uuid.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
  );
  assert.equal((await job.nqSet(elsewhere)).status, 1, 'a signature for another machine');
  const report = await sign(version, uuid);
  assert.equal((await job.nqSet(report.replace(version, next))).status, 1, 'a signature for another version');
  const { status, output } = await job.nqSet(report);
  assert.equal(status, 0, output);
  assert.deepEqual(await job.reached(), ['update', 'intranet']);
  assert.equal((await job.nqSet(report)).status, 1, 'a signature that was used');
  assert.match((await job.computer.lazaret('status', job.vm)).stdout, /1\.0, signed by its update server/);
  await job.stopMachine();
});
