import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { countBehind, forged6 } from './net/forged.ts';
import { Lab, SERVERS, SERVERS6, whyNot } from './net/lab.ts';
import { only } from './net/lists.ts';
import { discovery, icmp6, LINK_LOCAL, NEXT, packet6, piece, udp6 } from './net/packets6.ts';
import type { Choice } from './net/service.ts';
import { until } from './net/until.ts';

const skip = whyNot();
const HOST_ADDRESSES = ['2001:db8:1::1', '2001:db8:2::1'];

async function labWithIpv6(t: TestContext, more: Partial<Choice> = {}): Promise<Lab> {
  const lab = Lab.start(t);
  lab.addIpv6();
  await lab.open({ ipv6: true, restricted: only(SERVERS6.updates), ...more });
  lab.configureIpv6();
  return lab;
}

test('IPv6 is closed until it is switched on, then open as far as the list goes, and what is refused is told at once', {
  skip,
}, async (t) => {
  const lab = await labWithIpv6(t, { restricted: only(`${SERVERS6.updates} tcp 8000`) });
  const { guest } = lab;
  for (const name of ['updates', 'intranet'] as const) await lab.server(name).call('listenTcp', 8000);
  const unreachables = () => Number(/Icmp6InDestUnreachs\s+(\d+)/.exec(lab.inGuest('cat', '/proc/net/snmp6'))?.[1]);
  const reach = async () => [
    await guest.call('connect', SERVERS6.updates, 8000),
    await guest.call('connect', SERVERS6.intranet, 8000),
  ];

  const atFirst = await reach();
  await lab.service.call('switchTo', lab.id, 'restricted');
  const restricted = await reach();
  const told = unreachables();
  await guest.call('sendUdp', SERVERS6.intranet, 9);
  await until(() => unreachables() === told + 1);
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
      [SERVERS6.intranet, 'tcp', 8000, 3],
      [SERVERS6.updates, 'tcp', 8000, 2],
      [SERVERS6.intranet, 'udp', 9, 1],
    ],
  );
});

test('exceptions open their own kind of traffic over IPv6 too, and no other', { skip }, async (t) => {
  const lab = await labWithIpv6(t, {
    normal: { mode: 'whitelist', entries: [], exceptions: ['icmp', 'printers'] },
    restricted: only(`${SERVERS6.updates} icmp`),
  });
  for (const port of [8000, 9100]) await lab.server('intranet').call('listenTcp', port);
  const ping = (address: string) => {
    const [program = '', ...args] = [...lab.inside('guest'), 'busybox', 'ping', '-6', '-c', '1', '-W', '2', address];
    return spawnSync(program, args).status === 0;
  };

  await lab.service.call('switchTo', lab.id, 'normal');
  const pings = [ping(SERVERS6.intranet), ping('fd77::1')];
  const printer = await lab.guest.call('connect', SERVERS6.intranet, 9100);
  const other = await lab.guest.call('connect', SERVERS6.intranet, 8000);
  await lab.service.call('switchTo', lab.id, 'restricted');
  const restricted = [ping(SERVERS6.intranet), ping(SERVERS6.updates)];

  assert.deepEqual(pings, [true, true]);
  assert.equal(printer, 'open');
  assert.equal(other, 'ECONNREFUSED');
  assert.deepEqual(restricted, [false, true]);
});

test('over IPv6 a machine reaches neither the host nor another machine, and nothing reaches it', {
  skip,
}, async (t) => {
  const lab = await labWithIpv6(t);
  await lab.peer('host').call('listenTcp', 9000);
  await lab.server('updates').call('listenTcp', 8000);
  await lab.server('intranet').call('listenTcp', 22);
  await lab.service.call('switchTo', lab.id, 'normal');
  await lab.service.call('open', lab.choice({ id: `${lab.id}-b`, number: 0x77, ipv6: true }));
  await lab.service.call('openForwarding', `${lab.id}-b`);
  await lab.service.call('switchTo', `${lab.id}-b`, 'normal');
  lab.inHost('ip', 'address', 'add', 'fe80::99/64', 'dev', 'v-updates', 'nodad');
  const uplink = (end: string) => lab.inHost('ip', '-6', 'address').match(/fd21:3:(?!77:)[0-9a-f]+::/)?.[0] + end;
  const own = uplink('2');

  const reached: Record<string, string> = {};
  const gateway = ['fd77::1', 'fe80::1%g0', own];
  const host = [...HOST_ADDRESSES, uplink('1'), 'fd21:3:77::1', 'fe80::99%g0'];
  for (const address of [...gateway, ...host, 'fd21:3:77::2'])
    for (const port of [9000, 53, 5353, 5354, 547])
      reached[`${address} ${port}`] = await lab.guest.call('connect', address, port, 500);
  const server = await lab.guest.call('connect', SERVERS6.updates, 8000);
  const fromOutside = await lab.server('updates').call('connect', own, 9000, 300);
  const between = await lab.server('updates').call('connect', SERVERS6.intranet, 22, 300);
  const direct = await lab.peer('host').call('connect', SERVERS6.intranet, 22);

  assert.equal(server, 'open');
  assert.equal(direct, 'open');
  for (const [to, result] of Object.entries(reached)) {
    // Questions for names are the helper’s, to whatever address they are sent.
    if (to.endsWith(' 53')) continue;
    if (to.startsWith('fe80::99')) assert.notEqual(result, 'open', to);
    else assert.equal(result, 'ECONNREFUSED', to);
  }
  assert.notEqual(fromOutside, 'open');
  assert.equal(between, 'silent', 'the host has become a router between its own interfaces');
});

test('what runs as QEMU’s user in the namespace reaches nothing over IPv6', { skip }, async (t) => {
  const lab = await labWithIpv6(t);
  await lab.server('updates').call('listenTcp', 8000);
  await lab.server('updates').call('sinkUdp', 53);
  await lab.service.call('switchTo', lab.id, 'normal');
  const as = (uid: number, enter: readonly string[], ...words: string[]) => {
    const user = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
    const [program = '', ...args] = [...enter, 'setpriv', ...user, 'busybox', ...words];
    const { status } = spawnSync(program, args, { input: '', timeout: 2000 });
    return status === 0 ? 'reached' : 'not reached';
  };
  const nc = (to: string, port: number) => ['nc', '-w', '1', to, `${port}`];

  await until(() => as(lab.uid, lab.inside('guest'), ...nc(SERVERS6.updates, 8000)) === 'reached');
  const tcp = as(lab.uid, lab.enter, ...nc(SERVERS6.updates, 8000));
  const gateway = as(lab.uid, lab.enter, ...nc('fd77::1', 5353));
  const guest = as(lab.uid, lab.enter, ...nc('fd77::2', 8000));
  const ping = as(lab.uid, lab.enter, 'ping', '-6', '-c', '1', '-W', '1', SERVERS6.updates);
  as(lab.uid, lab.enter, 'nslookup', 'some.test', SERVERS6.updates);
  as(lab.uid + 1, lab.enter, 'nslookup', 'some.test', SERVERS6.updates);

  assert.deepEqual([tcp, gateway, guest, ping], ['not reached', 'not reached', 'not reached', 'not reached']);
  assert.equal((await lab.server('updates').call('sunk')).length, 0);
});

function cardOf(lab: Lab): string {
  return lab.inMachine('ip', '-o', 'link', 'show', 'tap0').match(/link\/ether (\S+)/)?.[1] ?? '';
}

test('over IPv6 a guest takes nobody’s place, and no extension header or fragment hides what it sends', {
  skip,
}, async (t) => {
  const lab = await labWithIpv6(t);
  const sink = lab.server('updates');
  await sink.call('sinkUdp', 9);
  await lab.service.call('switchTo', lab.id, 'normal');
  const [honest, ...forged] = forged6(cardOf(lab));
  const all = [...forged, ...(honest ? [honest] : [])];
  const counted = countBehind(
    lab.enter,
    all.map(([match]) => match),
  );

  await lab.sendFrames(all.flatMap(([, ...each]) => each));
  await until(() => (counted().at(-1) ?? 0) > 0);

  assert.deepEqual(counted(), [...forged.map(() => 0), 1]);
  await until(async () => (await sink.call('sunk')).length === 1);
});

test('addresses that a kernel takes for IPv4 ones lead nowhere over IPv6, whatever is listed', { skip }, async (t) => {
  const lab = await labWithIpv6(t, { restricted: only('::/0') });
  const sink = lab.server('updates');
  await sink.call('sinkUdp', 9);
  const card = cardOf(lab);
  lab.inHost('nft', 'add', 'table', 'inet', 'seen');
  const chain = '{ type filter hook prerouting priority -450; }';
  lab.inHost('nft', 'add', 'chain', 'inet', 'seen', 'c', chain);
  lab.inHost('nft', 'add', 'rule', 'inet', 'seen', 'c', 'iifname "lz-*" meta nfproto ipv6 udp dport 9 counter');
  const seen = () => Number(/packets (\d+)/.exec(lab.inHost('nft', 'list', 'table', 'inet', 'seen'))?.[1]);
  // 127.0.0.1, 10.1.0.2 and 169.254.169.254, mapped and as of old; loopback and the address of nobody.
  const numbers = ['7f00:1', 'a01:2', 'a9fe:a9fe'];
  const strange = [...numbers.map((end) => `::ffff:${end}`), ...numbers.map((end) => `::${end}`), '::1', '::'];
  const frame = (to: string) => packet6({ to, next: NEXT.udp, payload: udp6(4000, 9, to), card });

  for (const [round, mode] of (['normal', 'restricted'] as const).entries()) {
    await lab.service.call('switchTo', lab.id, mode);
    await lab.sendFrames([...strange, SERVERS6.updates].map(frame));
    await until(async () => (await sink.call('sunk')).length === 1);
    assert.equal(seen(), round + 1, mode);
  }
});

test('neighbour discovery, which no flow tracks, leads no further than the gateway', { skip }, async (t) => {
  const lab = await labWithIpv6(t);
  await lab.server('updates').call('sinkUdp', 9);
  await lab.service.call('switchTo', lab.id, 'normal');
  const [card, to] = [cardOf(lab), SERVERS6.updates];
  lab.inHost('nft', 'add', 'table', 'inet', 'seen');
  lab.inHost('nft', 'add', 'chain', 'inet', 'seen', 'c', '{ type filter hook prerouting priority -450; }');
  lab.inHost('nft', 'add', 'rule', 'inet', 'seen', 'c', 'iifname "lz-*" ip6 daddr 2001:db8::/32 counter');
  const seen = () => Number(/packets (\d+)/.exec(lab.inHost('nft', 'list', 'table', 'inet', 'seen'))?.[1]);
  const message = (type: number, body: Buffer) =>
    packet6({ to, next: NEXT.icmp, payload: icmp6(type, body, 'fd77::2', to), card });

  await lab.sendFrames([
    message(135, discovery(to)),
    message(136, discovery('fd77::2')),
    message(133, Buffer.alloc(4)),
    packet6({ to, next: NEXT.udp, payload: udp6(4000, 9, to), card }),
  ]);
  await until(async () => (await lab.server('updates').call('sunk')).length === 1);

  assert.equal(seen(), 1);
});

test('a datagram in pieces is put together before it is judged, and the others of its kind are refused', {
  skip,
}, async (t) => {
  const lab = await labWithIpv6(t, { restricted: only(`${SERVERS6.updates} udp 9`) });
  const sink = lab.server('updates');
  for (const port of [9, 10]) await sink.call('sinkUdp', port);
  await lab.service.call('switchTo', lab.id, 'restricted');
  const to = SERVERS6.updates;
  const pieces = (port: number) => {
    const whole = udp6(4000, port, to);
    const at = (offset: number, more: boolean) =>
      packet6({
        to,
        next: NEXT.fragment,
        payload: piece(NEXT.udp, whole.subarray(offset, offset + 8), offset, more),
        card,
      });
    return [at(0, true), at(8, false)];
  };
  const card = cardOf(lab);

  await lab.sendFrames([...pieces(10), ...pieces(9)]);

  await until(async () => (await sink.call('sunk')).length === 1);
  const denied = await lab.service.call('denied', lab.id);
  assert.deepEqual(
    denied.map(({ address, port }: Record<string, unknown>) => [address, port]),
    [[SERVERS6.updates, 10]],
  );
});

test('without IPv6 nothing but neighbour discovery passes', { skip }, async (t) => {
  const lab = Lab.start(t);
  lab.addIpv6();
  await lab.server('updates').call('listenTcp', 8000);
  const guest = await lab.open();
  lab.configureIpv6();
  await lab.service.call('switchTo', lab.id, 'normal');
  const discoveries = '{ nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit }';
  const all = forged6(cardOf(lab)).flatMap(([, ...each]) => each);
  const solicitation = icmp6(135, discovery('fe80::1'), LINK_LOCAL, 'ff02::1:ff00:1');
  const counted = countBehind(lab.enter, [
    `ip6 nexthdr ipv6-icmp icmpv6 type ${discoveries}`,
    `ip6 nexthdr ipv6-icmp icmpv6 type != ${discoveries}`,
    'ip6 nexthdr != ipv6-icmp',
  ]);

  const tcp = await guest.call('connect', SERVERS6.updates, 8000, 500);
  const byIpv4 = await guest.call('connect', SERVERS.updates, 8000);
  await lab.sendFrames([
    ...all,
    packet6({ from: LINK_LOCAL, to: 'ff02::1:ff00:1', next: NEXT.icmp, payload: solicitation }),
  ]);
  await until(() => (counted()[0] ?? 0) > 0);

  assert.notEqual(tcp, 'open');
  assert.equal(byIpv4, 'open');
  assert.deepEqual(counted().slice(1), [0, 0]);
  assert.equal(lab.inMachine('ip', '-6', 'route', 'show', 'default'), '');
  assert.equal(lab.inHost('cat', '/proc/sys/net/ipv6/conf/all/forwarding').trim(), '0');
});

test('a switch cuts the IPv6 flows it forbids and leaves the others alive, whichever end speaks', {
  skip,
}, async (t) => {
  const lab = await labWithIpv6(t, { restricted: only(`${SERVERS6.updates} tcp 8000-8001`) });
  const { guest } = lab;
  for (const name of ['updates', 'intranet'] as const) {
    await lab.server(name).call('listenTcp', 8000);
    await lab.server(name).call('listenTcp', 8001, 20);
  }
  await lab.service.call('switchTo', lab.id, 'normal');
  const flow = (server: string, port: number): Promise<number> => guest.call('openFlow', server, port);
  const allowed = [await flow(SERVERS6.updates, 8000), await flow(SERVERS6.updates, 8001)] as const;
  const forbidden = [await flow(SERVERS6.intranet, 8000), await flow(SERVERS6.intranet, 8001)] as const;
  const use = async ([asked, pushed]: readonly [number, number]) => [
    await guest.call('useFlow', asked, true),
    await guest.call('useFlow', pushed, false, 500),
  ];
  assert.deepEqual([...(await use(allowed)), ...(await use(forbidden))], Array(4).fill('alive'));

  await lab.service.call('switchTo', lab.id, 'restricted');
  const cut = await use(forbidden);
  const whenSpoken = await guest.call('useFlow', forbidden[1], true);
  const alive = await use(allowed);
  await lab.service.call('switchTo', lab.id, 'normal');

  assert.deepEqual(cut, ['ECONNRESET', 'silent']);
  assert.equal(whenSpoken, 'ECONNRESET');
  assert.deepEqual(alive, ['alive', 'alive']);
  assert.deepEqual(await use(allowed), ['alive', 'alive'], 'widening cuts nothing');
});

test('no IPv6 datagram sent after a switch has returned arrives before the next opening', { skip }, async (t) => {
  const lab = await labWithIpv6(t);
  const { guest } = lab;
  const sink = lab.server('intranet');
  await sink.call('sinkUdp', 9000, true);
  await lab.service.call('switchTo', lab.id, 'normal');
  await guest.call('startFlood', SERVERS6.intranet, 9000);
  const closed: [fromMs: number, toMs: number][] = [];
  const arrived: Record<string, [sentMs: number, arrivedMs: number][]> = { out: [], in: [] };
  const bothPassSince = async (sinceMs: number) => {
    const fresh = { out: await sink.call('sunk'), in: await guest.call('sunk') };
    for (const way of ['out', 'in'] as const) arrived[way]?.push(...fresh[way]);
    return Object.values(arrived).every((ofWay) => ofWay.some(([sentMs]) => sentMs > sinceMs));
  };
  await until(() => bothPassSince(0));

  for (let round = 0; round < 25; round += 1) {
    const { doneMs } = await lab.service.call('switchTo', lab.id, round % 5 === 4 ? 'refuse' : 'restricted');
    await sleep(60);
    const { beganMs } = await lab.service.call('switchTo', lab.id, 'normal');
    closed.push([doneMs, beganMs]);
    await until(() => bothPassSince(beganMs));
  }

  const leaked = Object.values(arrived)
    .flat()
    .filter(([sentMs, arrivedMs]) => closed.some(([fromMs, toMs]) => sentMs > fromMs && arrivedMs < toMs));
  const counts = `${arrived['out']?.length} out and ${arrived['in']?.length} in arrived`;
  t.diagnostic(`${counts}, ${leaked.length} of them forbidden`);
  assert.equal(leaked.length, 0);
});

test('the host passes IPv6 on for machines alone, goes on taking advertisements, and is as it was after the last', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  lab.addIpv6();
  const set = (path: string, value: number) => lab.inHost('sh', '-c', `echo ${value} >/proc/sys/net/ipv6/conf/${path}`);
  const settings = (name: string) =>
    ['accept_ra', 'forwarding']
      .map((file) => lab.inHost('cat', `/proc/sys/net/ipv6/conf/${name}/${file}`).trim())
      .join(' ');
  set('v-outside/forwarding', 1);
  set('v-intranet/accept_ra', 0);
  const first = lab.hostDump();

  await lab.service.call('open', lab.choice({ id: `${lab.id}-b`, number: 5 }));
  const without = settings('all');
  await lab.service.call('open', lab.choice({ ipv6: true }));
  const routing = ['v-updates', 'v-intranet', 'v-outside', 'default'].map(settings);
  await lab.service.end();
  const second = lab.startService();
  await second.call('adopt', lab.choice({ ipv6: true }));
  await second.call('close', lab.id);
  const half = settings('v-updates');
  await second.call('remove', `${lab.id}-b`);

  assert.match(without, / 0$/);
  assert.deepEqual(
    routing,
    ['2 1', '0 1', '1 1', '2 0'],
    'what holds for links to come is nobody’s but the computer’s',
  );
  assert.equal(half, '2 1');
  assert.equal(lab.hostDump(), first);
});

test('on a computer without IPv6 a machine that asks for it has none, and all else works', { skip }, async (t) => {
  const lab = Lab.start(t);
  const first = lab.hostDump();
  await lab.server('updates').call('listenTcp', 8000);
  const guest = await lab.open({ ipv6: true });
  await lab.service.call('switchTo', lab.id, 'normal');

  assert.equal(await guest.call('connect', SERVERS.updates, 8000), 'open');
  assert.equal(lab.inHost('cat', '/proc/sys/net/ipv6/conf/all/forwarding').trim(), '0');
  await lab.service.call('close', lab.id);
  assert.equal(lab.hostDump(), first);
});

test('router advertisement and lease lead a guest to its one address; a name it asks for there opens what it stands for', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  lab.addIpv6();
  const [intranet, outside] = [SERVERS6.intranet, SERVERS6.outside];
  await lab.serveNames('updates', { own: SERVERS.updates, 'intranet.test': intranet, 'outside.test': outside });
  for (const name of ['intranet', 'outside'] as const) await lab.server(name).call('listenTcp', 8000);
  const guest = await lab.open({ ipv6: true, restricted: only('intranet.test tcp 8000') });
  await lab.service.call('switchTo', lab.id, 'restricted');
  const routes = () => lab.inGuest('ip', '-6', 'route', 'show', 'default');

  await until(() => routes().includes('via fe80::1 '));
  const made = lab.inGuest('ip', '-6', '-o', 'address', 'show', 'dev', 'g0', 'scope', 'global');
  await until(() => !lab.inGuest('ip', '-6', 'address', 'show', 'dev', 'g0').includes('tentative'));
  const lease = await guest.call('lease6', `${LINK_LOCAL}%g0`, 1);
  const another = await guest.call('lease6', `${LINK_LOCAL}%g0`, 2);
  lab.inGuest('ip', 'address', 'add', 'fd77::2/128', 'dev', 'g0', 'nodad');
  const gateway = await guest.call('resolve', 'intranet.test', '[fd77::1]', 3000, 5, 6);
  const elsewhere = await guest.call('resolve', 'intranet.test', `[${outside}]`, 3000, 5, 6);
  const opened = await guest.call('connect', intranet, 8000);
  const unlisted = await guest.call('resolve', 'outside.test', '[fd77::1]', 3000, 5, 6);
  const closed = await guest.call('connect', outside, 8000);

  assert.equal(made, '', 'the guest makes no address of its own');
  assert.deepEqual(lease, {
    addresses: ['fd770000000000000000000000000002'],
    resolvers: ['fd770000000000000000000000000001'],
  });
  assert.deepEqual(another.addresses, [], 'nobody else is given it, nor any other');
  assert.deepEqual([gateway, elsewhere], [[intranet], [intranet]]);
  assert.equal(opened, 'open');
  assert.equal(unlisted, 'EREFUSED');
  assert.equal(closed, 'ECONNREFUSED');
});
