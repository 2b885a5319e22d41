import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_FLOWS } from '../../src/firewall/machine/rules/ruleset.ts';
import { Lab, SERVERS, whyNot } from './net/lab.ts';
import { datagram, packetFrame } from './net/packets.ts';
import { until } from './net/until.ts';

const FLOWS = 12_000;

test('a guest that opens flows without end fills no table of its computer, and keeps the flows it has', {
  skip: whyNot(),
}, async (t) => {
  const lab = Lab.start(t);
  await lab.server('updates').call('listenTcp', 8000);
  const guest = await lab.open();
  await lab.service.call('switchTo', lab.id, 'normal');
  const flow = await guest.call('openFlow', SERVERS.updates, 8000);
  const card = lab.inMachine('ip', '-o', 'link', 'show', 'tap0').match(/link\/ether (\S+)/)?.[1] ?? '';
  const flows = (enter: (program: string, ...args: string[]) => string) =>
    Number(enter('cat', '/proc/sys/net/netfilter/nf_conntrack_count'));
  const inMachine = () => flows((...words) => lab.inMachine(...words));
  const inHost = () => flows((...words) => lab.inHost(...words));

  await lab.sendFrames(
    Array.from({ length: FLOWS }, (_, i) =>
      packetFrame({ to: SERVERS.intranet, protocol: 'udp', payload: datagram(10_000 + i, 9) }, card),
    ),
  );
  await until(() => inHost() > MAX_FLOWS / 2);
  await until(async () => (await guest.call('connect', SERVERS.updates, 8000)) === 'ECONNREFUSED');
  const counts = [inMachine(), inHost()];
  t.diagnostic(`${FLOWS} flows: ${counts[0]} in the machine’s table, ${counts[1]} in its computer’s`);

  for (const count of counts) assert.ok(count <= MAX_FLOWS + 20, `${count} flows`);
  assert.equal(await guest.call('useFlow', flow, true), 'alive');
});

test('a guest that asks for names without end fills no table of its computer either', { skip: whyNot() }, async (t) => {
  const lab = Lab.start(t);
  await lab.serveNames('updates', { 'updates.test': SERVERS.updates });
  await lab.open();
  await lab.service.call('switchTo', lab.id, 'normal');
  const card = lab.inMachine('ip', '-o', 'link', 'show', 'tap0').match(/link\/ether (\S+)/)?.[1] ?? '';
  const count = (say: string) => Number(say);
  const question = (i: number) => {
    const name = Buffer.from(`x${i}`);
    const head = Buffer.from([i >> 8, i & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, name.length]);
    return Buffer.concat([head, name, Buffer.from([4]), Buffer.from('test'), Buffer.from([0, 0, 1, 0, 1])]);
  };

  await lab.sendFrames(
    Array.from({ length: FLOWS }, (_, i) =>
      packetFrame({ to: '10.77.0.1', protocol: 'udp', payload: datagram(10_000 + i, 53, question(i)) }, card),
    ),
  );
  await until(async () => (await lab.guest.call('resolve', 'updates.test', '10.77.0.1', 500)) === 'ETIMEOUT');
  const counts = [
    count(lab.inMachine('cat', '/proc/sys/net/netfilter/nf_conntrack_count')),
    count(lab.inHost('cat', '/proc/sys/net/netfilter/nf_conntrack_count')),
  ];
  t.diagnostic(`${FLOWS} questions: ${counts[0]} flows in the machine’s table, ${counts[1]} in its computer’s`);

  assert.ok((counts[0] ?? 0) <= 2 * MAX_FLOWS, `${counts[0]} flows`);
  assert.ok((counts[1] ?? 0) <= MAX_FLOWS, `${counts[1]} flows`);
});
