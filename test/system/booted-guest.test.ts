import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { debianGuest } from '../../lab/debian.ts';
import { MainJob } from '../../lab/main-job.ts';
import { SERVERS, SERVERS6, whyNoNetwork } from '../../lab/network.ts';
import { linkLocal } from '../../src/firewall/addresses.ts';
import { countBehind, forged4, forged6 } from './net/forged.ts';
import { MAC } from './net/frames.ts';
import { LINK_LOCAL } from './net/packets6.ts';

/** Sends frames as they are, given in hexadecimal, by a packet socket of the guest’s root. */
const SEND =
  'open(I,"/sys/class/net/$ARGV[0]/ifindex");chomp($i=<I>);shift;socket(S,17,3,768)||die;' +
  'send(S,pack("H*",$_),0,pack("SnlSCCa8",17,0,$i,0,0,0,""))||die for @ARGV';

// Not the small guest: busybox has no client for DHCPv6, and nothing that sends frames.
test('a booted guest has IPv6 as its policy says, under the same rules; what its root forges goes no further than its cable', {
  skip: whyNoNetwork(),
}, async (t) => {
  await using job = await MainJob.start(undefined, debianGuest('http://update.lab.test:8080'));
  const { computer, network } = job;
  await network.addIpv6(computer.folder);
  const policy = join(computer.project, 'vms', job.vm, 'policy.yaml');
  const fingerprint = await job.makeProject();
  appendFileSync(policy, 'ipv6: true\n');
  const restricted = [`${SERVERS6.update} tcp 80`, 'web.lab.test tcp 80'];
  await job.setLists({ normal: [...restricted, 'intranet.lab.test'], restricted, interval: '1s' });
  const version = await job.addVersion('1.0');
  await job.require('1.0');
  await job.serve();
  const installed = await job.install(await job.build('one', 'full'), '--fingerprint', fingerprint);
  assert.equal(installed.status, 0, installed.stderr);
  await job.startMachine();
  const said = async (command: string) => (await job.guest(command)).output;
  const card = await said('ls /sys/class/net | grep -v lo');
  const fetches = async (...words: string[]) =>
    said(`timeout 20 wget -t 1 -T 15 -O - ${words.join(' ')} 2>&1 || echo status $?`);

  await t.test('its one address and its router come by advertisement and DHCPv6', async () => {
    await until(async () => (await said('ip -6 route show default')).includes('via fe80::1 '));
    // Before it is known that nobody else has it, nothing is sent from it.
    const preferred = `ip -6 -o address show dev ${card} scope global -tentative`;
    await until(async () => (await said(preferred)).includes('inet6 fd77::2/128'));
    assert.equal((await said(`ip -6 -o address show dev ${card} scope global`)).split('\n').length, 1);
    assert.match(await said(`resolvectl dns ${card}`), /fd77::1/);
  });

  await t.test('restricted, it reaches a listed address and a listed name; others are refused at once', async () => {
    assert.match(await fetches(`http://[${SERVERS6.update}]/`), /\bupdate$/m);
    assert.match(await fetches('-6', 'http://web.lab.test/'), /\bweb$/m);
    assert.match(await fetches(`http://[${SERVERS6.intranet}]/`), /Connection refused/);
    assert.match(await fetches(`http://[${SERVERS6.update}]:81/`), /Connection refused/);
    assert.match(await fetches('-6', 'http://intranet.lab.test/'), /unable to resolve/);
    const { allowed } = await job.explain(`[${SERVERS6.intranet}]:80`);
    assert.equal(allowed, false);
  });

  await t.test('once nq-set has returned, normal access is there over IPv6 too', async () => {
    assert.equal((await job.nqSet(version)).status, 0);
    assert.match(await fetches('-6', 'http://intranet.lab.test/'), /\bintranet$/m);
    assert.match(await fetches(`http://[${SERVERS6.intranet}]/`), /\bintranet$/m);
  });

  await t.test('frames that its root forges do not get behind the filter, over IPv4 or IPv6', async () => {
    const enter = network.enterMachine;
    const gateway = cardIn(inMachine(enter, 'ip', '-o', 'link', 'show', 'tap0'));
    const own = cardIn(await said(`ip -o link show dev ${card}`));
    const all = [
      ...forged4(gateway, SERVERS.update).slice(1),
      ...forged6(gateway, SERVERS6.update).slice(1),
      ...forged4(gateway, SERVERS.update).slice(0, 1),
    ];
    const matches = all.map(([match]) => match.replace(MAC, own));
    const counted = countBehind(enter, matches);
    const frames = all.flatMap(([, ...each]) => each).map((frame) => asOf(own, frame).toString('hex'));

    const sent = await job.guest(`perl -e '${SEND}' ${card} ${frames.join(' ')}`);
    assert.equal(sent.status, 0, sent.output);
    await until(async () => (counted().at(-1) ?? 0) > 0);

    assert.deepEqual(counted(), [...all.slice(1).map(() => 0), 1], matches.join('\n'));
  });

  await t.test('a policy that no longer asks for IPv6 takes it away from the next start on', async () => {
    await job.stopMachine();
    // The start is the first to hear of it.
    writeFileSync(policy, readFileSync(policy, 'utf8').replace('ipv6: true\n', ''));
    await job.deploy();
    await job.startMachine();
    assert.equal((await job.status()).access, 'normal');
    assert.match(await fetches('-4', 'http://intranet.lab.test/'), /\bintranet$/m);
    assert.equal(await said('ip -6 route show default'), '');
    assert.equal(await said(`ip -6 -o address show dev ${card} scope global`), '');
    assert.match(await fetches(`http://[${SERVERS6.update}]/`), /unreachable/);
  });
  await job.stopMachine();
});

function cardIn(text: string): string {
  return /link\/ether (\S+)/.exec(text)?.[1] ?? '';
}

/** The frame as the owner of this card might send it. */
function asOf(card: string, frame: Buffer): Buffer {
  const changed = Buffer.from(frame);
  for (const [from, to] of [
    [bytesOf(MAC), bytesOf(card)],
    [suffixOf(LINK_LOCAL), suffixOf(linkLocal(card))],
  ] as const)
    for (let at = changed.indexOf(from); at >= 0; at = changed.indexOf(from, at + from.length)) to.copy(changed, at);
  return changed;
}

function bytesOf(card: string): Buffer {
  return Buffer.from(card.replaceAll(':', ''), 'hex');
}

/** The half of a link-local address that was made of a card’s. */
function suffixOf(address: string): Buffer {
  const words = address.slice('fe80::'.length).split(':');
  return Buffer.from(words.map((word) => word.padStart(4, '0')).join(''), 'hex');
}

function inMachine([program = '', ...enter]: readonly string[], ...words: string[]): string {
  return execFileSync(program, [...enter, ...words], { encoding: 'utf8' });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(100);
}
