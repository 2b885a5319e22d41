import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { networkNames } from '../../src/firewall/addresses.ts';
import { enterNamespace } from '../../src/firewall/machine/namespace.ts';
import { scratch } from '../fakes/made-project.ts';
import { Lab, SERVERS, SERVERS6, whyNot } from './net/lab.ts';
import { until } from './net/until.ts';
import { addVpn, VPN_SERVER } from './net/vpn.ts';

const skip = whyNot();

/** A network whose computers reach each other over both families as soon as the host passes packets on. */
function routableLab(t: Parameters<typeof Lab.start>[0]): Lab {
  const lab = Lab.start(t);
  lab.addIpv6();
  // Neighbours of packets that are passed on are asked for under the link’s own address.
  for (const name of Object.keys(SERVERS))
    lab.inHost('ip', 'address', 'add', 'fe80::1/64', 'dev', `v-${name}`, 'nodad');
  return lab;
}

test('a flush of the computer’s rules opens nothing of the computer, and they are back by themselves', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  await lab.peer('host').call('listenTcp', 8000);
  await lab.server('outside').call('listenTcp', 8000);
  const guest = await lab.open();
  await lab.service.call('switchTo', lab.id, 'normal');
  const before = lab.inHost('nft', 'list', 'ruleset');

  lab.inHost('nft', 'flush', 'ruleset');
  const outcomes = new Set<string>();
  do outcomes.add(await guest.call('connect', '10.3.0.1', 8000, 500));
  while (lab.inHost('nft', 'list', 'ruleset') === '');
  await until(() => lab.inHost('nft', 'list', 'ruleset') === before);

  assert.ok(!outcomes.has('open'), `to the computer: ${[...outcomes]}`);
  await until(async () => (await lab.service.call('toldHost')).includes('mended'));
  assert.equal(await guest.call('connect', SERVERS.outside, 8000), 'open');
});

test('with no rules of the computer’s its addresses are closed all the same, those that came later too', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  await lab.peer('host').call('listenTcp', 8000);
  const guest = await lab.open();
  await lab.service.call('switchTo', lab.id, 'normal');
  lab.inHost('ip', 'address', 'add', '10.3.0.9/24', 'dev', 'v-outside');
  await until(() => lab.inMachine('nft', 'list', 'set', 'inet', 'lazaret', 'computer4').includes('10.3.0.9'));

  // Nobody mends what a service that was killed had made.
  await lab.service.end('SIGKILL');
  lab.inHost('nft', 'flush', 'ruleset');

  for (const address of ['10.1.0.1', '10.3.0.1', '10.3.0.9'])
    assert.equal(await guest.call('connect', address, 8000), 'ECONNREFUSED', address);
});

test('when another program has the computer pass packets on, its own go through and stay so', { skip }, async (t) => {
  const lab = routableLab(t);
  await lab.server('outside').call('listenTcp', 8000);
  const guest = await lab.open({ ipv6: true });
  await lab.service.call('switchTo', lab.id, 'normal');
  // What Docker and libvirt do when they start.
  lab.inHost('sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding');

  for (const to of [SERVERS.outside, SERVERS6.outside])
    await until(async () => (await lab.server('intranet').call('connect', to, 8000, 500)) === 'open');

  assert.equal(await guest.call('connect', SERVERS.outside, 8000), 'open');
  await lab.service.call('close', lab.id);
  for (const to of [SERVERS.outside, SERVERS6.outside])
    assert.equal(await lab.server('intranet').call('connect', to, 8000), 'open', 'what others want is not put back');
});

test('what we turned on alone leads nobody else through the computer', { skip }, async (t) => {
  const lab = routableLab(t);
  await lab.server('outside').call('listenTcp', 8000);
  await lab.open({ ipv6: true });
  await lab.service.call('switchTo', lab.id, 'normal');

  for (const to of [SERVERS.outside, SERVERS6.outside])
    assert.equal(await lab.server('intranet').call('connect', to, 8000, 1000), 'silent');
});

test('a VPN that comes up with a table of routes of its own is followed', { skip }, async (t) => {
  const lab = Lab.start(t);
  const guest = await lab.open();
  await lab.service.call('switchTo', lab.id, 'normal');

  await addVpn(lab);

  await until(async () => (await guest.call('connect', VPN_SERVER, 8000, 500)) === 'open');
  // Once a later change is followed, all that is told of this one has been.
  lab.inHost('ip', 'address', 'add', '10.3.0.9/24', 'dev', 'v-outside');
  await until(() => lab.inMachine('nft', 'list', 'set', 'inet', 'lazaret', 'computer4').includes('10.3.0.9'));
  assert.deepEqual(await lab.service.call('toldHost'), [], 'nobody has removed anything');
});

test('what a preview needs of the computer beside the service is no other program’s doing, and the last puts all back', {
  skip,
}, async (t) => {
  const lab = routableLab(t);
  const before = lab.hostDump();
  const preview = lab.anotherService();
  await lab.open();
  const second = lab.choice({ id: `${lab.id}-b`, number: 77, ipv6: true });
  await preview.call('open', second);
  const rules = () => lab.inHost('nft', 'list', 'table', 'inet', 'lazaret_host');
  const both = rules();
  assert.match(both, /ipv6 iifname != "lz-\*" drop/);

  // Each looks when the kernel tells of a change, and whenever something else has changed.
  for (const address of ['10.3.0.8', '10.3.0.9']) {
    lab.inHost('ip', 'address', 'add', `${address}/24`, 'dev', 'v-outside');
    for (const id of [lab.id, second.id])
      await until(() => inNamespace(lab, id, 'nft', 'list', 'set', 'inet', 'lazaret', 'computer4').includes(address));
    lab.inHost('ip', 'address', 'del', `${address}/24`, 'dev', 'v-outside');
  }
  assert.equal(rules(), both);
  for (const service of [lab.service, preview]) assert.deepEqual(await service.call('toldHost'), []);

  await lab.service.call('close', lab.id);
  await preview.call('close', second.id);
  assert.equal(lab.hostDump(), before);
});

test('a machine that begins in the moment in which a preview’s last has ended keeps what it needs of the computer', {
  skip,
}, async (t) => {
  const lab = routableLab(t);
  const before = lab.hostDump();
  const folder = scratch(t);
  const [reached, go] = [join(folder, 'reached'), join(folder, 'go')];
  // The preview stops where it is about to take the table away, having seen that no machine needs it.
  const preview = lab.anotherService(
    nftThat(
      folder,
      `case "$rules" in *"table inet lazaret_host {"*) ;; *"delete table inet lazaret_host"*) touch ${reached}; until [ -e ${go} ]; do sleep 0.01; done ;; esac`,
    ),
  );
  const flags = () =>
    lab.inHost('cat', '/proc/sys/net/ipv4/conf/v-outside/forwarding', '/proc/sys/net/ipv6/conf/all/forwarding');
  lab.inHost('ip', 'link', 'add', 'lz-one', 'type', 'veth', 'peer', 'name', 'p-one');
  await preview.call('prepareHost', 'lz-one');
  lab.inHost('ip', 'link', 'del', 'lz-one');
  const ending = preview.call('settleHost', 'lz-one');
  await until(() => existsSync(reached));

  lab.inHost('ip', 'link', 'add', 'lz-two', 'type', 'veth', 'peer', 'name', 'p-two');
  await lab.service.call('prepareHost', 'lz-two');
  const rules = lab.inHost('nft', 'list', 'table', 'inet', 'lazaret_host');
  writeFileSync(go, '');
  await ending;

  assert.equal(lab.inHost('nft', 'list', 'table', 'inet', 'lazaret_host'), rules);
  assert.equal(flags(), '1\n1\n');
  lab.inHost('ip', 'link', 'del', 'lz-two');
  await lab.service.call('settleHost', 'lz-two');
  assert.equal(lab.hostDump(), before);
});

test('a machine’s uplink is there before it asks anything of the computer, so that nobody takes that away unseen', {
  skip,
}, async (t) => {
  const lab = Lab.start(t);
  const folder = scratch(t);
  const seen = join(folder, 'seen');
  const service = lab.anotherService(
    nftThat(
      folder,
      `case "$rules" in *"table inet lazaret_host {"*) ip -o link show > ${seen}.$$ && mv -n ${seen}.$$ ${seen} ;; esac`,
    ),
  );

  await service.call('open', lab.choice());

  assert.match(readFileSync(seen, 'utf8'), /\blz-/);
  await service.call('close', lab.id);
});

/** A folder with an nft that runs this script before it loads anything; `$rules` are what it is given. */
function nftThat(folder: string, script: string): string {
  const begin = `PATH=\${PATH#*:}; case "$*" in *"-f -") ;; *) exec nft "$@" ;; esac; rules=$(cat)`;
  writeFileSync(join(folder, 'nft'), `#!/bin/sh\n${begin}\n${script}\necho "$rules" | nft "$@"\n`, { mode: 0o755 });
  return folder;
}

function inNamespace(lab: Lab, id: string, ...command: string[]): string {
  return lab.inHost('env', ...enterNamespace(networkNames(id).namespace), ...command);
}
