import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lab, SERVERS, SERVERS6, whyNot } from './net/lab.ts';
import { everything, only } from './net/lists.ts';

const skip = whyNot();
const REFUSED = ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'EACCES'];

/** The host with servers that listen on two ports, and a program of its own. */
async function labWithServers(t: Parameters<typeof Lab.start>[0], port6 = false) {
  const lab = Lab.start(t);
  if (port6) lab.addIpv6();
  for (const name of ['updates', 'intranet', 'outside'] as const)
    for (const port of [8000, 443]) await lab.server(name).call('listenTcp', port);
  await lab.peer('host').call('listenTcp', 22);
  const program = lab.peer('host');
  const reach = async (address: string, port = 8000) => {
    const found = await program.call('connect', address, port);
    return REFUSED.includes(found) ? 'refused' : found;
  };
  /** What reaches the computer’s own server, from outside. */
  const reached = (from: 'updates' | 'intranet' | 'outside') => {
    const at = { updates: '10.1.0.1', intranet: '10.2.0.1', outside: '10.3.0.1' }[from];
    return lab.server(from).call('connect', at, 22, 3000);
  };
  return { lab, program, reach, reached };
}

test('a whitelist leaves the computer what is listed, and refuses all else at once (fact 85)', { skip }, async (t) => {
  const { lab, reach, reached } = await labWithServers(t);

  await lab.service.call('bindComputer', only(SERVERS.updates, `${SERVERS.intranet} tcp 443`));

  assert.deepEqual(
    [await reach(SERVERS.updates), await reach(SERVERS.intranet, 443), await reach('127.0.0.1', 22)],
    ['open', 'open', 'open'],
  );
  assert.deepEqual([await reach(SERVERS.intranet), await reach(SERVERS.outside)], ['refused', 'refused']);
  assert.deepEqual(
    [await reached('updates'), await reached('intranet'), await reached('outside')],
    ['open', 'silent', 'silent'],
    'from outside only who is listed without ports opens connections',
  );
});

test('a blacklist takes from the computer what is listed, and nothing else (fact 85)', { skip }, async (t) => {
  const { lab, reach, reached } = await labWithServers(t);

  await lab.service.call('bindComputer', {
    mode: 'blacklist',
    entries: ['10.1.0.0/24', `${SERVERS.intranet} tcp 443`],
  });

  assert.deepEqual([await reach(SERVERS.updates), await reach(SERVERS.intranet, 443)], ['refused', 'refused']);
  assert.deepEqual([await reach(SERVERS.intranet), await reach(SERVERS.outside)], ['open', 'open']);
  assert.deepEqual([await reached('updates'), await reached('intranet')], ['silent', 'open']);
});

test('what zones are told apart by is never restricted: ICMP, neighbours, DNS; nor loopback', { skip }, async (t) => {
  const { lab, program } = await labWithServers(t);
  await lab.serveNames('intranet', { 'a.example': '192.0.2.1' });
  lab.inHost('ip', 'neigh', 'flush', 'all');

  await lab.service.call('bindComputer', only());

  assert.deepEqual(await program.call('resolve', 'a.example', SERVERS.intranet), ['192.0.2.1']);
  lab.inHost('busybox', 'ping', '-c', '1', '-W', '2', SERVERS.outside);
  assert.equal(await program.call('connect', '127.0.0.1', 22), 'open');
});

test('the same over IPv6', { skip }, async (t) => {
  const { lab, reach } = await labWithServers(t, true);

  await lab.service.call('bindComputer', only(SERVERS6.updates, `${SERVERS6.intranet} tcp 443`));

  assert.deepEqual(
    [await reach(SERVERS6.updates), await reach(SERVERS6.intranet, 443), await reach(SERVERS6.intranet)],
    ['open', 'open', 'refused'],
  );
  assert.equal(await reach(SERVERS6.outside), 'refused');
  lab.inHost('busybox', 'ping', '-6', '-c', '1', '-W', '2', SERVERS6.outside);
});

test('a connection that the list forbids is cut, whichever end began it and whichever speaks; others live on', {
  skip,
}, async (t) => {
  const { lab, program } = await labWithServers(t);
  for (const name of ['intranet', 'updates'] as const) await lab.server(name).call('listenTcp', 8001, 20);
  // A firewall of the computer's own that accepts what is established overrules nothing.
  lab.inHost(
    'nft',
    'table inet own { chain in { type filter hook input priority filter; ct state established accept; }; }',
  );
  const flow = (address: string, port: number) => program.call('openFlow', address, port);
  const [asked, pushed] = [await flow(SERVERS.intranet, 8000), await flow(SERVERS.intranet, 8001)];
  const [kept, keptPushed] = [await flow(SERVERS.updates, 8000), await flow(SERVERS.updates, 8001)];
  const inbound = await lab.server('outside').call('openFlow', '10.3.0.1', 22);
  for (const number of [asked, pushed, kept, keptPushed])
    assert.equal(await program.call('useFlow', number, true), 'alive');
  assert.equal(await lab.server('outside').call('useFlow', inbound, true), 'alive');

  await lab.service.call('bindComputer', only(`${SERVERS.updates} tcp 8000-8001`));

  assert.equal(await program.call('useFlow', asked, true), 'ECONNRESET');
  const { received } = await program.call('flowState', pushed);
  assert.equal(await program.call('useFlow', pushed, false, 300), 'silent', `nothing comes after ${received} bytes`);
  assert.equal(await lab.server('outside').call('useFlow', inbound, true, 500), 'silent');
  assert.equal(await program.call('useFlow', kept, true), 'alive');
  assert.equal(await program.call('useFlow', keptPushed, false), 'alive');
});

test('servers that the service needs are reached by root’s programs alone', { skip }, async (t) => {
  const { lab, reach } = await labWithServers(t);
  const byUser = () =>
    lab.inHost(
      'setpriv',
      '--reuid',
      '40123',
      '--clear-groups',
      'bash',
      '-c',
      `exec 3<>/dev/tcp/${SERVERS.updates}/443`,
    );
  byUser();

  await lab.service.call('bindComputer', { ...only(), needed: [`${SERVERS.updates} tcp 443`] });

  assert.deepEqual([await reach(SERVERS.updates, 443), await reach(SERVERS.updates)], ['open', 'refused']);
  assert.throws(byUser);
});

test('a machine’s guest reaches what its own list says while the computer itself is blocked (fact 88)', {
  skip,
}, async (t) => {
  const { lab, reach } = await labWithServers(t);
  const guest = await lab.open({ normal: everything });
  await lab.service.call('switchTo', lab.id, 'normal');

  await lab.service.call('bindComputer', only());

  assert.equal(await reach(SERVERS.outside), 'refused');
  assert.equal(await guest.call('connect', SERVERS.outside, 8000), 'open');
});

test('rules stay when the service is killed; the next one replaces them in one step, and takes them away without a trace', {
  skip,
}, async (t) => {
  const { lab, reach } = await labWithServers(t);
  const before = lab.hostDump();
  const [first, second] = [only(SERVERS.updates), only(SERVERS.intranet)];
  await lab.service.call('bindComputer', first);
  await lab.service.end();
  assert.deepEqual([await reach(SERVERS.updates), await reach(SERVERS.intranet)], ['open', 'refused']);

  const next = lab.startService();
  assert.deepEqual([await next.call('isBound', first), await next.call('isBound', second)], [true, false]);
  await next.call('bindComputer', second);
  assert.deepEqual([await reach(SERVERS.updates), await reach(SERVERS.intranet)], ['refused', 'open']);

  lab.inHost('nft', 'flush', 'chain', 'inet', 'lazaret_computer', 'output');
  assert.equal(await next.call('isBound', second), false, 'a chain that somebody emptied is no rule');
  assert.equal(await next.call('isAnyBound'), true, 'and the table is there to be taken away');
  lab.inHost('nft', 'delete', 'table', 'inet', 'lazaret_computer');
  assert.equal(await next.call('isBound', second), false);
  await next.call('bindComputer', second);
  await next.call('freeComputer');
  assert.equal(await next.call('isAnyBound'), false);
  assert.equal(lab.hostDump(), before);
  assert.equal(await reach(SERVERS.outside), 'open');
});
