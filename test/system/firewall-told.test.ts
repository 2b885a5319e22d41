import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MainJob } from '../../lab/main-job.ts';
import { SERVERS, whyNoNetwork } from '../../lab/network.ts';
import { BIN } from '../../lab/programs.ts';

const DOCKER =
  'table ip filter { chain DOCKER-USER { return; }; chain FORWARD { type filter hook forward priority 0; policy drop; jump DOCKER-USER; }; }';
const FIREWALLD =
  'table inet firewalld { chain filter_FORWARD { type filter hook forward priority 10; policy accept; ct state established,related accept; reject with icmpx admin-prohibited; }; }';
const TO = `${SERVERS.intranet}:80`;

test('what another program’s firewall stops is said by start, status, explain and doctor, with the command that lets it through', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  const { computer, network } = job;
  const inHost = (program: string, ...args: string[]) => {
    const [first = '', ...rest] = network.command('host', program, args);
    const { stdout, stderr, status } = spawnSync(first, rest, { encoding: 'utf8' });
    return { status, said: stdout + stderr };
  };
  const doctor = () => inHost(join(BIN, 'lazaret'), '--socket', computer.socket, 'doctor').said;
  const lazaret = async (...args: string[]) => (await computer.lazaret(...args)).stdout;
  const fingerprint = await job.makeProject();
  await job.setLists({ normal: ['10.88.0.0/16'], restricted: ['10.88.0.0/16'], interval: '1h' });
  await job.serve();
  const built = await job.build('one', 'full');
  assert.equal((await job.install(built, '--fingerprint', fingerprint)).status, 0);

  await t.test('Docker’s, before anything was sent', async () => {
    assert.equal(inHost('nft', DOCKER).status, 0);
    const stopped = /NO NETWORK +Docker stops .*\n.*let it through: iptables -I DOCKER-USER -i lz-\+ -j ACCEPT/;
    assert.match(await lazaret('start', job.vm), stopped);
    assert.match(await lazaret('status', job.vm), stopped);
    assert.match(
      await lazaret('explain', job.vm, TO),
      /^not allowed .*but Docker stops it on this computer; let it through: iptables/,
    );
    assert.match(doctor(), /NOT OK +other firewalls let machines through +Docker stops .*iptables -I DOCKER-USER/);
  });
  await job.connect();

  await t.test('it is not said any more once that lets it through', async () => {
    assert.equal(
      inHost(
        'nft',
        'insert rule ip filter DOCKER-USER iifname "lz-*" accept; insert rule ip filter DOCKER-USER oifname "lz-*" accept',
      ).status,
      0,
    );
    while (!(await job.reached()).includes('intranet')) await sleep(100);
    while (/NO NETWORK/.test(await lazaret('status', job.vm))) await sleep(100);
    assert.match(await lazaret('explain', job.vm, TO), /^allowed /);
    assert.match(doctor(), /ok +other firewalls let machines through/);
  });

  await t.test('firewalld’s, that comes while the machine runs', async () => {
    assert.equal(inHost('nft', FIREWALLD).status, 0);
    const stopped = /NO NETWORK +firewalld stops .*\n.*let it through: firewall-cmd /;
    do assert.deepEqual(await job.reached(), []);
    while (!stopped.test(await lazaret('status', job.vm)));
    assert.match(await lazaret('explain', job.vm, TO), /but firewalld stops it .*firewall-cmd/);
    const said = doctor();
    assert.match(said, /NOT OK +other firewalls let machines through +firewalld stops .*firewall-cmd/);
    assert.match(said, /NOT OK +machine office: what it sends gets through +firewalld stops it .*firewall-cmd/);
  });

  await t.test('rules of somebody’s own, of which no firewall is known', async () => {
    inHost(
      'nft',
      'delete table inet firewalld; table ip nat { chain c { type filter hook forward priority 5; ip daddr 10.88.0.0/16 drop; }; }',
    );
    // One server is enough, for a moment: what is thrown away is never answered, and asking all three takes 90 seconds.
    do await job.guest(`timeout 2 wget -q -O /dev/null http://${SERVERS.intranet}/`);
    while (!/NO NETWORK +something unknown stops/.test(await lazaret('status', job.vm)));
    assert.match(
      doctor(),
      /NOT OK +machine office: what it sends gets through +something unknown stops it .*nft list ruleset/,
    );
  });
});
