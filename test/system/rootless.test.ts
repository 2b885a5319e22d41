import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { MainJob } from '../../lab/main-job.ts';
import { SERVERS, SERVERS6, whyNoNetwork } from '../../lab/network.ts';
import { startRootless, stopRootless, uninstallRootless } from '../../lab/rootless.ts';
import { HostPolicy } from '../../src/policy/host.ts';
import { hostPolicyDigest } from '../../src/quarantine/host-policy-digest.ts';

/** The host’s own end of the link to the intranet’s server. */
const HOSTS_OWN = SERVERS.intranet.replace(/2$/, '1');
const HOSTS_OWN6 = SERVERS6.intranet.replace(/2$/, '1');
/** Where the computer’s own programs ask for names. */
const STUB = '127.0.0.53';
const UPLINK6 = '2001:db8:7::7';

test('an ordinary user’s service enforces the same rules, says that he could change them, and leaves nothing behind', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start();
  const { computer, network } = job;
  const inHost = (program: string, ...args: string[]) => {
    const [first = '', ...rest] = network.command('host', program, args);
    return execFileSync(first, rest, { encoding: 'utf8' });
  };
  const look = () => inHost('sh', '-c', 'nft list ruleset; ip -o address; ip route show table all');
  // pasta takes after the interface of the default route.
  for (const words of [
    'link add isp type veth peer name air',
    'link set air addrgenmode none up',
    'address add 192.0.2.7/24 dev isp',
    'link set isp addrgenmode none up',
    'route add default via 192.0.2.1',
    `address add ${UPLINK6}/64 dev isp nodad`,
    'address add fe80::7/64 dev isp nodad',
    'route add default via 2001:db8:7::1',
  ])
    inHost('ip', ...words.split(' '));
  await network.addIpv6(computer.folder);
  const page = join(computer.folder, 'page');
  mkdirSync(page);
  writeFileSync(join(page, 'index.html'), 'own\n');
  for (const address of [HOSTS_OWN, '192.0.2.7', '127.0.0.1', ...[HOSTS_OWN6, UPLINK6, '::1'].map((own) => `[${own}]`)])
    network.spawn('host', 'busybox', ['httpd', '-f', '-p', `${address}:80`, '-h', page], 'ignore');
  const stub = ['-k', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--bind-interfaces', '--user=root'];
  const how = [`--listen-address=${STUB}`, `--server=${network.resolver}`, '--pid-file=', '--log-facility=/dev/null'];
  network.spawn('host', 'dnsmasq', [...stub, ...how], 'ignore');
  const before = look();
  const policy = join(computer.project, 'vms', job.vm, 'policy.yaml');

  const fingerprint = await job.makeProject();
  appendFileSync(policy, 'ipv6: true\n');
  await job.setLists({
    normal: ['10.88.0.0/16', '192.0.2.0/24', '::/0'],
    restricted: ['update.lab.test', SERVERS6.update],
    interval: '1s',
  });
  const version = await job.addVersion('1.0');
  await job.require('1.0');
  await job.serve();
  const host = HostPolicy.parse({ default: { mode: 'whitelist' } });
  appendFileSync(join(computer.project, 'lazaret.yaml'), stringify({ host }));
  const full = await job.build('one', 'full');
  await computer.stopService();
  const service = await startRootless(network, computer.folder, computer.socket, [
    '--accel',
    'tcg',
    '--resolver',
    STUB,
  ]);
  const consent = ['--accept-host-policy', hostPolicyDigest(host)];
  const installed = await job.install(full, '--fingerprint', fingerprint, ...consent);
  assert.equal(installed.status, 0, installed.stderr);
  await job.startMachine();
  const connects = async (address: string) =>
    (await job.guest(`timeout 5 wget -q -O /dev/null http://${address}/`)).status === 0;

  await t.test('restricted and normal access are what they are elsewhere; names resolve', async () => {
    assert.deepEqual(await job.reached(), ['update']);
    assert.equal(await connects('update.lab.test'), true);
    assert.equal((await job.nqSet(version)).status, 0);
    assert.deepEqual(await job.reached(), ['update', 'intranet', 'web']);
    const { stdout } = await computer.lazaret('status', job.vm);
    assert.match(stdout, /enforcement guest-only/);
    assert.match(stdout, new RegExp(`resolvers +${STUB}$`, 'm'));
  });

  await t.test('the computer itself is not reached by any of its addresses, though the lists have them', async () => {
    assert.equal(await connects(SERVERS.intranet), true);
    assert.equal(await connects(HOSTS_OWN), false);
    assert.equal(await connects('192.0.2.7'), false);
    assert.equal(await connects('10.77.0.1'), false);
    assert.equal(await connects(STUB), false);
    // By its defaults pasta would lead this one, the router’s, to the computer’s loopback.
    assert.equal(await connects('192.0.2.1'), false);
  });

  await t.test('over IPv6 it is all the same', async () => {
    // The small guest has no client for DHCPv6: see booted-guest.test.ts.
    await job.guest(
      'ip address add fd77::2/128 dev eth0; while ip -6 address show dev eth0 | grep -q tentative; do sleep 0.1; done; ip -6 route add default via fe80::1 dev eth0',
    );
    // Nor does its wget take an address of IPv6.
    const ask = `sh -c 'printf "GET / HTTP/1.0\\r\\n\\r\\n"; grep -q "200 OK"'`;
    const fetches = async (address: string) =>
      (await job.guest(`timeout 9 nc -w 5 ${address} 80 -e ${ask}`)).status === 0;
    assert.equal(await fetches(SERVERS6.update), true);
    assert.equal(await fetches(SERVERS6.intranet), true);
    for (const address of [HOSTS_OWN6, UPLINK6, '2001:db8:7::1', 'fd77::1', 'fe80::1%eth0', 'fe80::7%eth0'])
      assert.equal(await fetches(address), false, address);
  });

  await t.test(
    'a policy that asks for rules out of the user’s hands gives no more than restricted access',
    async () => {
      writeFileSync(policy, readFileSync(policy, 'utf8').replace(/^quarantine:\n/m, '$&  enforcement: host\n'));
      await computer.manager('deploy');
      const { reason } = await job.until('restricted');
      assert.match(reason ?? '', /without root/);
      assert.deepEqual(await job.reached(), ['update']);
    },
  );

  await t.test('rules for the computer itself cannot be enforced by it, and it says so', async () => {
    assert.match((await computer.lazaret('status')).stdout, /this computer itself: not enforced/);
  });

  await t.test('with the service its machines end, and the computer is as it was', async () => {
    assert.equal(await stopRootless(service), 0);
    assert.equal(look(), before);
  });

  await t.test('its user takes all of it away', async () => {
    assert.equal(await uninstallRootless(network, computer.folder, computer.socket), 0);
    assert.deepEqual(
      ['state', 'run'].filter((name) => existsSync(join(computer.folder, name))),
      [],
    );
  });
});
