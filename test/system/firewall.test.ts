import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FORWARDER, networkNames } from '../../src/firewall/addresses.ts';
import { countBehind, type Forged, forged4 } from './net/forged.ts';
import { icmp6Frame } from './net/frames.ts';
import { Lab, SERVERS, whyNot } from './net/lab.ts';
import { only } from './net/lists.ts';
import { until } from './net/until.ts';

const skip = whyNot();
const VECTORS = join(import.meta.dirname, '..', 'vectors', 'firewall');

test('a machine’s network is closed until it is switched, and then open as far as its list goes', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  for (const name of ['updates', 'intranet'] as const) await lab.server(name).call('listenTcp', 8000);
  const guest = await lab.open({ restricted: only(`${SERVERS.updates} tcp 8000`) });
  const reach = async () => [
    await guest.call('connect', SERVERS.updates, 8000),
    await guest.call('connect', SERVERS.intranet, 8000),
  ];

  const atFirst = await reach();
  await lab.service.call('switchTo', lab.id, 'restricted');
  const restricted = await reach();
  await lab.service.call('switchTo', lab.id, 'normal');
  const normal = await reach();
  await lab.service.call('switchTo', lab.id, 'refuse');
  const refused = await reach();
  const denied = await lab.service.call('denied', lab.id);

  assert.deepEqual(atFirst, ['ECONNREFUSED', 'ECONNREFUSED']);
  assert.deepEqual(restricted, ['open', 'ECONNREFUSED']);
  assert.deepEqual(normal, ['open', 'open']);
  assert.deepEqual(refused, ['ECONNREFUSED', 'ECONNREFUSED']);
  assert.deepEqual(
    denied.map(({ address, protocol, port, packets }: Record<string, unknown>) => [address, protocol, port, packets]),
    [
      [SERVERS.intranet, 'tcp', 8000, 3],
      [SERVERS.updates, 'tcp', 8000, 2],
    ],
  );
});

test('exceptions open their own kind of traffic to everybody, and no other', { skip }, async (t) => {
  const lab = Lab.start(t);
  for (const port of [8000, 9100]) await lab.server('intranet').call('listenTcp', port);
  const guest = await lab.open({
    normal: { mode: 'whitelist', entries: [], exceptions: ['icmp', 'printers'] },
    restricted: { mode: 'whitelist', entries: [`${SERVERS.updates} icmp`] },
  });
  const ping = (address: string) => {
    const [program = '', ...args] = [...lab.inside('guest'), 'busybox', 'ping', '-c', '1', '-W', '2', address];
    return spawnSync(program, args).status === 0;
  };

  await lab.service.call('switchTo', lab.id, 'normal');
  const pings = [ping(SERVERS.intranet), ping('10.77.0.1')];
  const printer = await guest.call('connect', SERVERS.intranet, 9100);
  const other = await guest.call('connect', SERVERS.intranet, 8000);
  await lab.service.call('switchTo', lab.id, 'restricted');
  const restricted = [ping(SERVERS.intranet), ping(SERVERS.updates)];

  assert.deepEqual(pings, [true, true]);
  assert.equal(printer, 'open');
  assert.equal(other, 'ECONNREFUSED');
  assert.deepEqual(restricted, [false, true]);
});

test('with normal access a machine reaches neither the host nor another machine, and nothing reaches it', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  const host = lab.peer('host');
  await host.call('listenTcp', 9000);
  await lab.server('updates').call('listenTcp', 8000);
  const guest = await lab.open();
  await lab.service.call('switchTo', lab.id, 'normal');
  await lab.service.call('open', lab.choice({ id: `${lab.id}-b`, number: 77 }));
  await lab.service.call('openForwarding', `${lab.id}-b`);
  await lab.service.call('switchTo', `${lab.id}-b`, 'normal');
  const own = lab.inMachine('ip', '-4', '-o', 'address', 'show', 'up0').match(/10\.213\.\d+\.\d+/)?.[0] ?? '';

  const reached: Record<string, string> = {};
  for (const address of ['10.1.0.1', '10.2.0.1', '10.213.1.53', '10.213.1.54', '10.77.0.1', own])
    reached[address] = await guest.call('connect', address, 9000);
  const server = await guest.call('connect', SERVERS.updates, 8000);
  const fromOutside = await lab.server('updates').call('connect', own, 22, 300);
  const between = await lab.server('updates').call('connect', SERVERS.intranet, 22, 300);

  assert.equal(server, 'open');
  for (const [address, result] of Object.entries(reached)) assert.notEqual(result, 'open', address);
  for (const address of ['10.1.0.1', '10.2.0.1', '10.213.1.53', '10.77.0.1'])
    assert.equal(reached[address], 'ECONNREFUSED', address);
  assert.notEqual(fromOutside, 'open');
  assert.equal(between, 'silent', 'the host has become a router between its own interfaces');
});

test('what runs as QEMU’s user in the namespace reaches nothing', { skip }, async (t) => {
  const lab = Lab.start(t);
  await lab.server('updates').call('listenTcp', 8000);
  await lab.server('updates').call('sinkUdp', 53);
  await lab.sayNames('intranet', {});
  const guest = await lab.open({ resolvers: [SERVERS.intranet] });
  await lab.service.call('switchTo', lab.id, 'normal');
  const as = (uid: number, ...words: string[]) => {
    const user = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
    const [program = '', ...args] = [...lab.enter, 'setpriv', ...user, 'busybox', ...words];
    const { status } = spawnSync(program, args, { input: '', timeout: 2000 });
    return status === 0 ? 'reached' : 'not reached';
  };

  const asked = `${FORWARDER.address}:${FORWARDER.port}`;
  const tcp = as(lab.uid, 'nc', '-w', '1', SERVERS.updates, '8000');
  const gateway = as(lab.uid, 'nc', '-w', '1', '10.77.0.1', '5353');
  as(lab.uid, 'nslookup', 'qemu.test', asked);
  for (const uid of [lab.uid, lab.uid + 1]) as(uid, 'nslookup', 'some.test', SERVERS.updates);
  const named: string[] = [];
  await until(async () => {
    as(lab.uid + 1, 'nslookup', 'helper.test', asked);
    named.push(...(await lab.server('intranet').call('asked')));
    return named.includes('helper.test udp');
  });
  const helperTcp = as(lab.uid + 1, 'nc', '-w', '1', SERVERS.updates, '8000');

  assert.equal(await guest.call('connect', SERVERS.updates, 8000), 'open');
  assert.deepEqual([tcp, gateway, helperTcp], ['not reached', 'not reached', 'not reached']);
  assert.ok(!named.includes('qemu.test udp'));
  assert.deepEqual(await lab.server('updates').call('sunk'), [], 'nobody asks a resolver but by the forwarder');
});

test('a guest cannot take another card’s, address’s or server’s place', { skip }, async (t) => {
  const lab = Lab.start(t);
  const sink = lab.server('updates');
  await sink.call('sinkUdp', 9);
  await lab.open();
  await lab.service.call('switchTo', lab.id, 'normal');
  const tap = lab.inMachine('ip', '-o', 'link', 'show', 'tap0').match(/link\/ether (\S+)/)?.[1] ?? '';
  const [honest, ...forged] = forged4(tap);
  const all = [
    ...forged,
    ['icmpv6 type nd-router-advert', icmp6Frame(134, 'fe80000000000000505400fffeaabb01')] satisfies Forged,
    ['ip6 saddr fd99::1', icmp6Frame(128, 'fd990000000000000000000000000001')] satisfies Forged,
    ...(honest ? [honest] : []),
  ];
  const counted = countBehind(
    lab.enter,
    all.map(([match]) => match),
  );

  await lab.sendFrames(all.flatMap(([, ...frames]) => frames));
  await until(() => counted().at(-1) === 1);

  assert.deepEqual(counted(), [...all.slice(1).map(() => 0), 1]);
  await until(async () => (await sink.call('sunk')).length === 1);
});

for (const file of globSync('*.nft', { cwd: VECTORS }).filter((name) => !name.startsWith('switch-'))) {
  test(`nft takes ${file} as it is written`, { skip }, () => {
    const script = `ip tuntap add dev tap0 mode tap && nft -f ${join(VECTORS, file)}`;

    execFileSync('unshare', ['--net', 'sh', '-c', script], { stdio: ['ignore', 'ignore', 'pipe'] });
  });
}

for (const file of globSync('*.dnsmasq', { cwd: VECTORS })) {
  test(`dnsmasq takes ${file} as it is written`, { skip }, () => {
    execFileSync('dnsmasq', ['--test', `--conf-file=${join(VECTORS, file)}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  });
}

test('the host is as it was after the last machine has gone', { skip }, async (t) => {
  const lab = Lab.start(t);
  lab.inHost('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/conf/v-outside/forwarding');
  lab.inHost('nft', 'add', 'table', 'inet', 'mine');
  const before = lab.hostDump();
  const second = lab.choice({ id: `${lab.id}-b`, number: 5 });

  await lab.open();
  const one = lab.hostDump();
  await Promise.all([lab.service.call('close', lab.id), lab.service.call('open', second)]);
  const half = lab.hostDump();
  await lab.service.call('open', lab.choice());
  await Promise.all([lab.service.call('close', lab.id), lab.service.call('close', second.id)]);
  const after = lab.hostDump();

  assert.notEqual(one, before);
  assert.match(half, /lazaret_host/);
  assert.equal(after, before);
});

test('a network that cannot be opened leaves nothing behind', { skip }, async (t) => {
  const lab = Lab.start(t);
  const before = lab.hostDump();

  await assert.rejects(lab.service.call('open', lab.choice({ resolvers: ['no address'] })), { code: 'NETWORK_FAILED' });
  await assert.rejects(lab.service.call('open', lab.choice({ number: 16_384 })), { code: 'NETWORK_FAILED' });
  await assert.rejects(lab.service.call('open', lab.choice({ mac: '01:00:00:00:00:01' })), { code: 'NETWORK_FAILED' });
  await assert.rejects(lab.service.call('open', lab.choice({ dnsUid: -1 })), { code: 'NETWORK_FAILED' });
  await assert.rejects(lab.service.call('open', lab.choice({ dnsUid: 2 ** 32 - 1 })), { code: 'NETWORK_FAILED' });

  assert.equal(lab.hostDump(), before);
  // Of other tests there may be others.
  assert.ok(!execFileSync('ip', ['netns'], { encoding: 'utf8' }).includes(networkNames(lab.id).namespace));
});

/** Programs that fail as the real ones might; the rest of the computer’s are in their usual places. */
const FAILING: [title: string, name: string, script: string, code: string][] = [
  [
    'nft that takes no rules',
    'nft',
    'case "$*" in *-f*) echo no >&2; exit 1;; esac; exec /usr/sbin/nft "$@"',
    'FILTER_FAILED',
  ],
  ['nft that says yes and does nothing', 'nft', 'cat >/dev/null; exit 0', 'FILTER_FAILED'],
  ['dnsmasq that ends at once', 'dnsmasq', 'echo out of order >&2; exit 1', 'NETWORK_FAILED'],
  ['setpriv that is not allowed to', 'setpriv', 'exit 1', 'NETWORK_FAILED'],
];
for (const [title, name, script, code] of FAILING) {
  test(`${title} leaves a machine without a network, and the host as it was`, { skip }, async (t) => {
    const lab = Lab.start(t);
    const before = lab.hostDump();
    await lab.service.end();
    mkdirSync(`${lab.folder}/programs`);
    writeFileSync(`${lab.folder}/programs/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });

    await assert.rejects(lab.startService(`${lab.folder}/programs`).call('open', lab.choice()), { code });

    const namespaces = execFileSync('ip', ['netns'], { encoding: 'utf8' });
    assert.ok(!namespaces.includes(networkNames(lab.id).namespace));
    if (name !== 'nft') assert.equal(lab.hostDump(), before);
  });
}

test('a machine that runs is not taken for a leftover', { skip }, async (t) => {
  const lab = Lab.start(t);
  await lab.server('updates').call('listenTcp', 8000);
  const guest = await lab.open();
  await lab.service.call('switchTo', lab.id, 'normal');

  await lab.service.end();
  await assert.rejects(lab.startService().call('open', lab.choice()), { code: 'NETWORK_FAILED' });

  assert.equal(await guest.call('connect', SERVERS.updates, 8000), 'open');
});
