import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MainJob } from '../../lab/main-job.ts';
import { SERVERS, whyNoNetwork } from '../../lab/network.ts';

test('on another network a running machine has other lists: by its addresses, and by a beacon that nobody can fake', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  const { computer, network } = job;
  const certificate = readFileSync(await network.startTls(computer.folder));
  const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  const pin = createHash('sha256').update(key).digest('hex');
  const host = (words: string) => {
    const [program = '', ...args] = network.command('host', 'ip', words.split(' '));
    execFileSync(program, args);
  };
  const reaches = async (...wanted: string[]) => {
    while ((await job.reached()).join() !== wanted.join()) await sleep(100);
  };
  // Packets follow the filter a moment before the service has proven it and says so.
  const isInZone = async (zone: string) => {
    const said = new RegExp(`zone +${zone}`);
    while (!said.test((await computer.lazaret('status', job.vm)).stdout)) await sleep(100);
  };
  const fingerprint = await job.makeProject();
  await job.setQuarantine({ interval: '10s' });
  const version = await job.addVersion('1.0');
  const zones = [
    { name: 'hotel', when: { subnets: ['192.0.2.0/24'] }, normal: { entries: ['update.lab.test'] } },
    {
      name: 'inside',
      when: { subnets: ['198.51.100.0/24'], beacon: { address: `${SERVERS.web}:443`, pin } },
      normal: { entries: ['update.lab.test', 'intranet.lab.test', SERVERS.web] },
    },
    {
      name: 'pretended',
      when: { subnets: ['198.51.100.0/24'], beacon: { address: `${SERVERS.update}:80`, pin } },
      normal: { entries: ['0.0.0.0/0'] },
    },
  ];
  const policy = join(computer.project, 'vms', job.vm, 'policy.yaml');
  appendFileSync(policy, `  zones: ${JSON.stringify(zones)}\n`);
  await job.require('1.0');
  await job.serve();
  assert.equal((await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint)).status, 0);
  await job.startMachine();
  assert.equal((await job.nqSet(version)).status, 0);
  await reaches('update', 'intranet');

  await t.test('the computer comes into a network that the policy describes', async () => {
    host('link add hotel type veth peer name air');
    host('link set air up');
    host('address add 192.0.2.7/24 dev hotel');
    host('link set hotel up');
    await reaches('update');
    await isInZone('hotel');
    assert.equal((await job.explain('intranet.lab.test:80')).allowed, false);
  });

  await t.test('and into another, where the beacon proves itself', async () => {
    host('address flush dev hotel');
    host('address add 198.51.100.7/24 dev hotel');
    await reaches('update', 'intranet', 'web');
    await isInZone('inside');
  });

  await t.test('and out of both', async () => {
    host('link del hotel');
    await reaches('update', 'intranet');
    const events = async () => (await computer.lazaret('events', '--last', '100')).stdout;
    while (!(await events()).includes('zone inside → none')) await sleep(100);
    // Between its two addresses the computer was in neither; whether that was seen is a matter of moments.
    const changes = [...(await events()).matchAll(/zone (\w+ → \w+)$/gm)].map(([, change]) => change);
    const seen = changes.includes('hotel → none') ? ['hotel → none', 'none → inside'] : ['hotel → inside'];
    assert.deepEqual(changes, ['none → hotel', ...seen, 'inside → none']);
  });

  await t.test('foreseen before it is deployed', async () => {
    const asked = ['nq', 'simulate', job.vm, '--descriptor', version, '--to', `${SERVERS.intranet}:80`, '--json'];
    const simulated = async (...zone: string[]) =>
      JSON.parse((await computer.manager(...asked, ...zone)).stdout).allowed;
    assert.equal(await simulated('--zone', 'pretended'), true);
    assert.equal(await simulated('--zone', 'hotel'), false);
    assert.equal((await computer.manager(...asked, '--zone', 'moon')).status, 66);
  });
  await job.stopMachine();
});
