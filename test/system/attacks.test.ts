import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { arpFrame, ethernet, tagged, udpFrame } from './net/frames.ts';
import { Lab, SERVERS, whyNot } from './net/lab.ts';
import { only } from './net/lists.ts';
import { datagram, icmpMessage, packetFrame } from './net/packets.ts';
import { until } from './net/until.ts';

const skip = whyNot();
const [OPEN, SHUT] = [9001, 9000];

/** A rule set that counts, by its lines, what comes by a hook; the words are those before `counter`. */
function counting(enter: readonly string[], hook: string, matches: readonly string[]) {
  const [program = '', ...args] = enter;
  const family = hook.includes('ingress') ? 'netdev' : 'inet';
  const rules = matches.map((match) => `${match} counter`).join('\n');
  const input = `table ${family} counting {\nchain c { type filter hook ${hook}; policy accept;\n${rules}\n}\n}`;
  execFileSync(program, [...args, 'nft', '-f', '-'], { input });
  return () => {
    const text = execFileSync(program, [...args, 'nft', 'list', 'table', family, 'counting'], { encoding: 'utf8' });
    return [...text.matchAll(/packets (\d+)/g)].map(([, packets]) => Number(packets));
  };
}

function cardOf(lab: Lab): string {
  return lab.inMachine('ip', '-o', 'link', 'show', 'tap0').match(/link\/ether (\S+)/)?.[1] ?? '';
}

test('frames that are neither IP nor ARP go no further than the guest’s cable, tagged or not', { skip }, async (t) => {
  const lab = Lab.start(t);
  await lab.open();
  await lab.service.call('switchTo', lab.id, 'normal');
  const card = cardOf(lab);
  const honest = udpFrame({ to: SERVERS.updates, toPort: OPEN }, card);
  const count = counting(lab.enter, 'ingress device "tap0" priority 0', [
    `udp dport ${OPEN} ip length 36`,
    'arp saddr ip != { 0.0.0.0, 10.77.0.2 }',
    'meta protocol != { ip, arp, ip6 }',
    'vlan id 0-4095',
  ]);
  const arrivedAtServer = counting(lab.inside('updates'), 'input priority 0', [`udp dport ${OPEN}`]);
  const tag = (frame: Buffer, type: number, id: number) =>
    Buffer.concat([frame.subarray(0, 12), Buffer.from([type >> 8, type & 255, 0, id]), frame.subarray(12)]);

  await lab.sendFrames([
    tagged(honest),
    tag(honest, 0x8100, 0),
    tag(honest, 0x88a8, 5),
    tag(tagged(honest), 0x88a8, 7),
    tag(tagged(honest), 0x8100, 7),
    ...[0x8863, 0x8864, 0x888e, 0x8847, 0x9000].map((type) => ethernet(type, Buffer.alloc(46), { to: card })),
    ethernet(38, Buffer.from([0x42, 0x42, 0x03, ...Buffer.alloc(35)]), { to: '01:80:c2:00:00:00' }),
    arpFrame('10.77.0.1'),
    arpFrame('10.77.0.3'),
    gratuitous('10.77.0.1'),
    honest,
  ]);
  await until(() => arrivedAtServer()[0] === 1);

  assert.deepEqual(count(), [1, 0, 0, 0]);
  assert.equal(arrivedAtServer()[0], 1);
});

/** “I am at this address”, asked of everybody. */
function gratuitous(address: string): Buffer {
  const frame = Buffer.from(arpFrame(address));
  frame[21] = 1;
  frame.subarray(28, 32).copy(frame, 38);
  return frame;
}

test('fragments are judged as what they become, options choose no route, and redirects redirect nobody', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  await lab.open({ restricted: only(`${SERVERS.intranet} udp ${OPEN}`) });
  await lab.service.call('switchTo', lab.id, 'restricted');
  const card = cardOf(lab);
  const to = SERVERS.intranet;
  const all = [`udp dport ${OPEN}`, `udp dport ${SHUT}`, 'icmp type redirect', 'ip hdrlength > 5'];
  const atServer = counting(lab.inside('intranet'), 'prerouting priority -450', all);
  const atGoal = counting(lab.inside('outside'), 'prerouting priority -450', ['ip protocol udp']);
  const content = Buffer.alloc(64);
  const piece = (id: number, payload: Buffer, offset: number, more: boolean, protocol: 'udp' | 'tcp' = 'udp') =>
    packetFrame({ to, protocol, payload, fragment: { id, offset, more } }, card);
  const [open, shut] = [datagram(4000, OPEN, content), datagram(4001, SHUT, content)];
  /** Loose source routing: by way of the one address to the other. */
  const route = Buffer.from([0x83, 7, 4, ...SERVERS.outside.split('.').map(Number), 0]);
  const options = { protocol: 'udp', options: route, payload: datagram(4002, OPEN, content) } as const;
  const recorded = { ...options, options: Buffer.from([0x07, 7, 4, 0, 0, 0, 0, 0]) };
  /** The server is told to take another way for its own answer to the guest. */
  const answer = udpFrame({ from: to, to: '10.77.0.2', fromPort: OPEN, toPort: 4003 }).subarray(14, 42);
  const quoted = Buffer.concat([Buffer.from([10, 3, 0, 2]), answer]);
  const redirect = icmpMessage(5, 1, quoted);

  await lab.sendFrames([
    piece(1, shut.subarray(0, 8), 0, true),
    piece(1, shut.subarray(8), 8, false),
    piece(2, open, 0, true),
    piece(2, shut, 0, true),
    piece(2, content, 72, false),
    piece(3, open.subarray(0, 16), 0, true),
    piece(3, shut.subarray(8), 8, false),
    piece(4, content, 64, false),
    piece(5, Buffer.alloc(8), 0, true, 'tcp'),
    packetFrame({ to, ...options }, card),
    packetFrame({ to, ...recorded }, card),
    packetFrame({ to: '10.77.0.1', ...options }, card),
    packetFrame({ to, protocol: 'udp', payload: datagram(4003, OPEN) }, card),
    packetFrame({ to, protocol: 'icmp', payload: redirect }, card),
    packetFrame({ to: '10.77.0.1', protocol: 'icmp', payload: redirect }, card),
    piece(6, open.subarray(0, 16), 0, true),
    piece(6, open.subarray(16), 16, false),
  ]);
  await until(() => atServer()[0] === 3);

  // What was sent twice was taken as it came first.
  assert.deepEqual(atServer(), [3, 0, 0, 0]);
  assert.deepEqual(atGoal(), [0]);
});

test('with normal access link-local addresses and port 53 of elsewhere stay closed, and so do the gateway’s ports', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  const guest = await lab.open();
  lab.inHost('ip', 'route', 'add', '169.254.169.254', 'via', SERVERS.outside);
  const atOutside = counting(lab.inside('outside'), 'prerouting priority -450', [
    'ip daddr 169.254.169.254',
    'meta l4proto { tcp, udp } th dport 53',
    'tcp dport 8000',
  ]);
  const host = lab.peer('host');
  for (const port of [53, 5353, 5354, 80]) await host.call('listenTcp', port);
  await lab.service.call('switchTo', lab.id, 'normal');
  const reached = async (address: string, ...ports: number[]) =>
    Promise.all(ports.map((port) => guest.call('connect', address, port)));

  const metadata = await reached('169.254.169.254', 80, 53);
  await reached(SERVERS.outside, 53);
  await guest.call('sendUdp', SERVERS.outside, 53);
  const gateway = await reached('10.77.0.1', 22, 67, 80, 5353, 5354);
  const addresses = [...lab.inHost('ip', '-4', '-o', 'address').matchAll(/inet ([\d.]+)/g)].map(
    ([, found = '']) => found,
  );
  const ofHost = [];
  for (const address of addresses.filter((found) => found !== '127.0.0.1'))
    ofHost.push(...(await reached(address, 80, 5353)));
  await guest.call('connect', SERVERS.outside, 8000);

  assert.equal(metadata[0], 'ECONNREFUSED');
  assert.ok(
    gateway.every((result) => result !== 'open'),
    gateway.join(),
  );
  assert.ok(ofHost.length >= 8 && ofHost.every((result) => result === 'ECONNREFUSED'), ofHost.join());
  const [linkLocal, names, control] = atOutside();
  assert.deepEqual([linkLocal, names], [0, 0]);
  assert.ok((control ?? 0) > 0);
});

test('what runs as QEMU’s user in the namespace sends nothing of any kind and changes nothing', { skip }, async (t) => {
  const lab = Lab.start(t);
  await lab.open();
  await lab.service.call('switchTo', lab.id, 'normal');
  const leaving = counting(lab.inside('host'), 'prerouting priority -450', ['iifname "lz-*" ip version 4']);
  const rules = () => lab.inMachine('nft', 'list', 'chain', 'inet', 'lazaret', 'output');
  const before = rules();
  const user = [`--reuid=${lab.uid}`, `--regid=${lab.uid}`, '--clear-groups', '--no-new-privs'];
  const attempt = (...words: string[]) => {
    const [program = '', ...args] = [...lab.enter, 'setpriv', ...user, ...words];
    return spawnSync(program, args, { input: '', timeout: 3000, encoding: 'utf8' });
  };

  const attempts = [
    ...[SERVERS.updates, '10.1.0.1', '169.254.169.254'].map((to) => ['busybox', 'nc', '-w', '1', to, '8000']),
    ['busybox', 'ping', '-c', '1', '-W', '1', SERVERS.updates],
    ['busybox', 'traceroute', '-m', '1', '-w', '1', SERVERS.updates],
    ['busybox', 'arping', '-c', '1', '-w', '1', '-I', 'up0', '10.1.0.1'],
    ['nft', 'flush', 'ruleset'],
    ['nft', 'add', 'rule', 'inet', 'lazaret', 'output', 'accept'],
    ['ip', 'link', 'set', 'up0', 'down'],
    ['ip', 'address', 'add', '10.9.9.9/24', 'dev', 'up0'],
    ['ip', 'route', 'add', '10.9.0.0/16', 'dev', 'up0'],
    ['ip', 'neigh', 'add', '10.9.9.9', 'lladdr', '52:54:00:00:00:01', 'dev', 'up0'],
    ['sh', '-c', 'echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter'],
    ['nsenter', '--net=/proc/1/ns/net', 'true'],
  ];
  const succeeded = attempts.filter((words) => attempt(...words).status === 0);
  attempt('busybox', 'nslookup', 'some.test', SERVERS.updates);

  assert.deepEqual(succeeded, []);
  assert.match(attempt('nft', 'list', 'ruleset').stderr, /Operation not permitted/);
  assert.equal(rules(), before);
  assert.deepEqual(leaving(), [0]);
  await lab.server('updates').call('listenTcp', 8000);
  assert.equal(await lab.guest.call('connect', SERVERS.updates, 8000), 'open');
  assert.ok((leaving()[0] ?? 0) > 0, 'the count counts');
});
