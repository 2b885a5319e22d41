import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FORWARDER, uplinkAddresses } from '../../src/firewall/addresses.ts';
import type { NameReport } from '../../src/firewall/names/names.ts';
import { USUAL_SUBNETS } from '../../src/quarantine/subnets.ts';
import { processOf } from '../../src/sys/programs/processes.ts';
import { Lab, SERVERS, SERVERS6, whyNot } from './net/lab.ts';
import { everything, only } from './net/lists.ts';
import { until } from './net/until.ts';

const skip = whyNot();
const STUB = '127.0.0.53';
const OWN = { 'updates.test': { addresses: [SERVERS.intranet] }, 'other.test': { addresses: [SERVERS.outside] } };

test('where the computer has a resolver of IPv6 alone, a guest without IPv6 has its names; others are refused', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  lab.addIpv6();
  await lab.server('updates').call('say', OWN);
  await lab.server('updates').call('serveDns', SERVERS6.updates);
  await lab.server('intranet').call('listenTcp', 8000);
  const resolvers = lab.resolverFile(SERVERS6.updates);
  const guest = await lab.open({ restricted: only('updates.test'), resolvers });
  await lab.service.call('switchTo', lab.id, 'restricted');

  assert.deepEqual(await guest.call('resolve', 'updates.test'), [SERVERS.intranet]);
  assert.equal(await guest.call('connect', SERVERS.intranet, 8000), 'open');
  assert.equal(await guest.call('resolve', 'other.test'), 'EREFUSED');
  await until(async () => {
    const [report]: NameReport[] = await lab.service.call('names', lab.id);
    return report?.addresses[0] === SERVERS.intranet && report.code === undefined;
  });
});

test('a stub on the computer’s loopback with a domain of its own is asked, as the computer asks it; nothing else there is', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  await lab.serveNames('updates', { 'updates.test': SERVERS.intranet, 'where.corp.test': SERVERS.outside });
  await lab.serveNames('intranet', { 'where.corp.test': SERVERS.updates, 'long.corp.test': SERVERS.updates });
  await startStub(lab);
  await lab.peer('host').call('listenTcp', 8000);
  await lab.server('updates').call('listenTcp', 8000);
  const guest = await lab.open({
    restricted: only('updates.test', 'where.corp.test'),
    resolvers: lab.resolverFile(STUB),
  });
  await lab.service.call('switchTo', lab.id, 'restricted');

  assert.deepEqual(await guest.call('resolve', 'updates.test'), [SERVERS.intranet]);
  assert.deepEqual(await guest.call('resolve', 'where.corp.test'), [SERVERS.updates]);
  assert.equal(await guest.call('connect', SERVERS.updates, 8000), 'open');
  assert.equal(await guest.call('resolve', 'long.corp.test'), 'EREFUSED');
  await until(async () => {
    const names: NameReport[] = await lab.service.call('names', lab.id);
    return names.some(({ name, addresses }) => name === 'where.corp.test' && addresses[0] === SERVERS.updates);
  });
  const uplink = uplinkAddresses(lab.choice().number, USUAL_SUBNETS).host;
  for (const [address, port] of [
    ['127.0.0.1', 8000],
    [STUB, 8000],
    [STUB, 53],
    [uplink, 8000],
    [uplink, 53],
  ] as const) {
    // What a guest sends to port 53 is led to its helper, wherever it was going.
    if (port !== 53)
      assert.notEqual(await guest.call('connect', address, port), 'open', `the guest: ${address} ${port}`);
    assert.equal(connectsAs(lab, lab.uid + 1, address, port), false, `the helper: ${address} ${port}`);
  }
  assert.notEqual(await guest.call('connect', '10.77.0.1', FORWARDER.port), 'open');
  assert.equal(connectsAs(lab, lab.uid, FORWARDER.address, FORWARDER.port), false, 'QEMU’s user may ask');
  assert.equal(connectsAs(lab, lab.uid + 1, FORWARDER.address, FORWARDER.port), true, 'its own helper may ask');
});

test('a resolver that is silent or has trouble gives way to the next, by UDP and TCP', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  const long = { addresses: Array.from({ length: 60 }, (_, i) => `26.0.0.${i + 1}`) };
  await lab.server('updates').call('sinkUdp', 53);
  await lab.sayNames('intranet', { ...OWN, 'long.test': long });
  const guest = await lab.open({
    normal: { ...everything },
    resolvers: lab.resolverFile(SERVERS.updates, SERVERS.intranet),
  });
  await lab.service.call('switchTo', lab.id, 'normal');

  assert.deepEqual(await guest.call('resolve', 'updates.test', '10.77.0.1', 10_000), [SERVERS.intranet]);
  assert.equal((await guest.call('resolve', 'long.test', '10.77.0.1', 10_000)).length, 60);
});

test('a resolver that is a neighbour on one link is asked there, by the guest’s helper and by the service', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  lab.inHost('ip', 'address', 'add', 'fe80::1/64', 'dev', 'v-updates', 'nodad');
  execFileSync('ip', ['-n', lab.namespace('updates'), 'address', 'add', 'fe80::2/64', 'dev', 'eth0', 'nodad']);
  await lab.server('updates').call('say', OWN);
  await lab.server('updates').call('serveDns', 'fe80::2%eth0');
  const resolvers = lab.resolverFile('fe80::2%v-updates');
  const guest = await lab.open({ restricted: only('updates.test'), resolvers, refreshMs: 200 });
  await lab.service.call('switchTo', lab.id, 'restricted');

  assert.deepEqual(await guest.call('resolve', 'updates.test'), [SERVERS.intranet]);
  await until(async () => {
    const [report]: NameReport[] = await lab.service.call('names', lab.id);
    return report?.addresses[0] === SERVERS.intranet && report.code === undefined;
  });
});

for (const [title, lists] of [
  ['where names are listed', { restricted: only('updates.test') }],
  ['where none is', { normal: everything, restricted: only() }],
] as const) {
  test(`it is known whom a guest’s names are asked of, and since when nobody answers, ${title}`, {
    skip,
  }, async (t) => {
    const lab = Lab.start(t);
    await lab.service.call(
      'open',
      lab.choice({ ...lists, refreshMs: 200, resolvers: lab.resolverFile(SERVERS.updates) }),
    );
    const report = async () => (await lab.service.call('resolvers', lab.id)) ?? {};

    await until(async () => (await report()).silentSince !== undefined);
    const { addresses, silentSince } = await report();
    assert.deepEqual(addresses, [SERVERS.updates]);
    assert.match(silentSince, /^\d{4}-/);
    await lab.serveNames('intranet', { 'updates.test': SERVERS.intranet });
    lab.resolverFile(SERVERS.updates, SERVERS.intranet);
    await until(async () => (await report()).silentSince === undefined);
    assert.deepEqual(await report(), { addresses: [SERVERS.updates, SERVERS.intranet] });
    lab.resolverFile();
    await until(async () => (await report()).addresses.length === 0);
  });
}

test('names resolve while the service is away; what ends the forwarder opens nothing, and it is started again', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  await lab.sayNames('updates', {
    ...OWN,
    'second.test': { addresses: [SERVERS.intranet] },
    'third.test': OWN['updates.test'],
  });
  await lab.server('outside').call('listenTcp', 8000);
  const lists = { restricted: only('updates.test', 'second.test', 'third.test') };
  const guest = await lab.open(lists);
  await lab.service.call('switchTo', lab.id, 'restricted');

  await lab.service.end('SIGKILL');
  assert.deepEqual(await guest.call('resolve', 'updates.test'), [SERVERS.intranet]);
  const before = forwardersOf(lab);
  await lab.startService().call('adopt', lab.choice(lists));
  assert.deepEqual(forwardersOf(lab), before, 'the next service takes it over');

  for (const pid of before) process.kill(pid, 'SIGKILL');
  await until(() => forwardersOf(lab).length === 0);
  assert.ok(!Array.isArray(await guest.call('resolve', 'second.test', '10.77.0.1', 500)));
  assert.equal(await guest.call('connect', SERVERS.outside, 8000), 'ECONNREFUSED');
  await lab.service.call('startHelpers', lab.id);
  assert.deepEqual(await guest.call('resolve', 'third.test', '10.77.0.1', 3000, 3), [SERVERS.intranet]);

  const [forwarder = 0] = forwardersOf(lab);
  const status = readFileSync(`/proc/${forwarder}/status`, 'utf8');
  assert.match(status, new RegExp(`^Uid:\\t${lab.uid + 1}\\t${lab.uid + 1}\\t${lab.uid + 1}\\t`, 'm'));
  for (const set of ['Inh', 'Prm', 'Eff', 'Amb']) assert.match(status, new RegExp(`^Cap${set}:\\t0+$`, 'm'));
  assert.match(status, /^NoNewPrivs:\t1$/m);
  await lab.service.call('close', lab.id);
  assert.equal(processOf(forwarder), undefined, 'it ends with the network');
});

test('questions without end do not make the forwarder grow, and it answers again afterwards', { skip }, async (t) => {
  const lab = Lab.start(t);
  await lab.sayNames('updates', { ...OWN, 'silent.test': { stallsMs: -1 } });
  const guest = await lab.open({ normal: everything });
  await lab.service.call('switchTo', lab.id, 'normal');
  await until(async () => Array.isArray(await guest.call('resolve', 'updates.test')));
  const [forwarder = 0] = forwardersOf(lab);
  const files = () => readdirSync(`/proc/${forwarder}/fd`).length;
  const before = files();

  let most = 0;
  const flood = lab.run([...lab.enter, 'setpriv', `--reuid=${lab.uid + 1}`, '--clear-groups'], process.execPath, [
    '-e',
    flooding('silent.test'),
  ]);
  await until(() => {
    most = Math.max(most, files());
    return flood.exitCode !== null || flood.signalCode !== null;
  });

  assert.ok(most > before + 100, `it had some hundred questions at a time: ${most}`);
  assert.ok(most <= before + 256 + 32, `it had ${most} files open`);
  await until(async () => Array.isArray(await guest.call('resolve', 'other.test', '10.77.0.1', 2000)));
  await until(() => files() <= before + 1);
});

test('the network of a service whose helpers asked the resolvers themselves gets its forwarder from the next one', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  await lab.sayNames('updates', OWN);
  const lists = { restricted: only('updates.test') };
  const guest = await lab.open(lists);
  await lab.service.call('switchTo', lab.id, 'restricted');
  await lab.service.end('SIGKILL');
  for (const pid of forwardersOf(lab)) process.kill(pid, 'SIGKILL');
  for (const chain of ['input', 'output'])
    for (const handle of lab
      .inMachine('nft', '-a', 'list', 'chain', 'inet', 'lazaret', chain)
      .matchAll(/"lo".*handle (\d+)/g))
      lab.nft(`delete rule inet lazaret ${chain} handle ${handle[1]}\n`);
  lab.inMachine('ip', 'link', 'set', 'lo', 'down');

  await lab.startService().call('adopt', lab.choice(lists));

  assert.deepEqual(await guest.call('resolve', 'updates.test', '10.77.0.1', 3000, 3), [SERVERS.intranet]);
});

/** A stub as systemd-resolved has it, which knows whom to ask for one domain. */
async function startStub(lab: Lab): Promise<void> {
  lab.run(lab.inside('host'), 'dnsmasq', [
    ...['-k', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--bind-interfaces', `--listen-address=${STUB}`],
    ...['--user=root', '--pid-file=', '--log-facility=/dev/null'],
    ...[`--server=/corp.test/${SERVERS.intranet}`, `--server=${SERVERS.updates}`],
  ]);
  await until(async () => Array.isArray(await lab.peer('host').call('resolve', 'updates.test', STUB, 500)));
}

/** Whether a connection opens for a user in the machine’s namespace. */
function connectsAs(lab: Lab, uid: number, address: string, port: number): boolean {
  const user = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const [program = '', ...args] = [...lab.enter, ...user, 'busybox', 'nc', '-w', '1', address, `${port}`];
  return spawnSync(program, args, { input: '', timeout: 3000 }).status === 0;
}

function forwardersOf(lab: Lab): number[] {
  const [program = '', ...args] = [...lab.enter, 'ss', '-Hlunp', `sport = :${FORWARDER.port}`];
  const text = execFileSync(program, args, { encoding: 'utf8' });
  return [...text.matchAll(/pid=(\d+)/g)].map(([, pid]) => Number(pid));
}

/** A program that asks for a name some thousand times, from one port. */
function flooding(name: string): string {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  return `const socket = require('node:dgram').createSocket('udp4');
    let sent = 0;
    const timer = setInterval(() => {
      for (let i = 0; i < 100; i += 1) {
        const question = Buffer.from([sent >> 8, sent & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ${labels}, 0, 0, 1, 0, 1]);
        socket.send(question, ${FORWARDER.port}, '${FORWARDER.address}');
        if (++sent === 3000) { clearInterval(timer); socket.close(); }
      }
    }, 10);`;
}
