import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { Lab, SERVERS, SERVERS6, whyNot } from './net/lab.ts';
import { only } from './net/lists.ts';
import { datagram, icmpMessage, packetFrame, synSegment } from './net/packets.ts';
import { icmp6, NEXT, packet6, syn6, udp6 } from './net/packets6.ts';
import { until } from './net/until.ts';

const [OPEN, SHUT, CONTROL] = [8000, 8001, 9000];
const UNREACHABLE = 3;
const UNREACHABLE6 = 1;
const ETHERNET_BYTES = 14;

/** The guest’s message that a segment from a server’s port to one of its own could not be delivered, and a datagram of its. */
interface Family {
  servers: Record<keyof typeof SERVERS, string>;
  complain(to: string, server: string, port: number, ownPort: number, card: string): Buffer;
  send(to: string, port: number, card: string): Buffer;
}

const families: Record<'IPv4' | 'IPv6', Family> = {
  IPv4: {
    servers: SERVERS,
    complain(to, server, port, ownPort, card) {
      const payload = synSegment(port, ownPort, '10.77.0.2', server);
      const came = packetFrame({ from: server, to: '10.77.0.2', protocol: 'tcp', payload }, card);
      const quoted = Buffer.concat([Buffer.alloc(4), came.subarray(ETHERNET_BYTES, ETHERNET_BYTES + 40)]);
      return packetFrame({ to, protocol: 'icmp', payload: icmpMessage(UNREACHABLE, 3, quoted) }, card);
    },
    send: (to, port, card) => packetFrame({ to, protocol: 'udp', payload: datagram(4000, port) }, card),
  },
  IPv6: {
    servers: SERVERS6,
    complain(to, server, port, ownPort, card) {
      const payload = syn6(port, ownPort, 'fd77::2', server);
      const came = packet6({ from: server, to: 'fd77::2', next: NEXT.tcp, payload });
      const quoted = Buffer.concat([Buffer.alloc(4), came.subarray(ETHERNET_BYTES, ETHERNET_BYTES + 60)]);
      return packet6({ to, next: NEXT.icmp, payload: icmp6(UNREACHABLE6, quoted, 'fd77::2', to), card });
    },
    send: (to, port, card) => packet6({ to, next: NEXT.udp, payload: udp6(4000, port, to), card }),
  },
};

for (const [title, { servers, complain, send }] of Object.entries(families))
  test(`over ${title} a message of error goes only where its flow does, and gives no flow back that a switch has taken`, {
    skip: whyNot(),
  }, async (t) => {
    const { intranet, outside } = servers;
    const lab = Lab.start(t);
    lab.addIpv6();
    for (const port of [OPEN, SHUT]) await lab.server('intranet').call('listenTcp', port);
    await lab.server('outside').call('sinkUdp', CONTROL);
    const errors = countErrors(lab.inside('outside'));
    const lists = [`${intranet} tcp ${OPEN}`, `${intranet} icmp`, `${outside} udp ${CONTROL}`];
    const guest = await lab.open({ ipv6: true, restricted: only(...lists) });
    lab.configureIpv6();
    const card = lab.inMachine('ip', '-o', 'link', 'show', 'tap0').match(/link\/ether (\S+)/)?.[1] ?? '';
    await lab.service.call('switchTo', lab.id, 'normal');
    const [kept, lost] = [await guest.call('openFlow', intranet, OPEN), await guest.call('openFlow', intranet, SHUT)];
    for (const flow of [kept, lost]) assert.equal(await guest.call('useFlow', flow, true), 'alive');
    const [keptPort, lostPort] = [await guest.call('portOf', kept), await guest.call('portOf', lost)];

    await lab.service.call('switchTo', lab.id, 'restricted');
    await lab.sendFrames([
      complain(intranet, intranet, SHUT, lostPort, card),
      complain(outside, intranet, SHUT, lostPort, card),
      complain(outside, intranet, OPEN, keptPort, card),
      send(outside, CONTROL, card),
    ]);
    await until(async () => (await lab.server('outside').call('sunk')).length === 1);

    assert.equal(await guest.call('useFlow', lost, true), 'ECONNRESET');
    assert.equal(await guest.call('useFlow', kept, true), 'alive');
    assert.equal(errors(), 0);
  });

/** How many messages of error have come to the server that no flow leads to. */
function countErrors([program = '', ...enter]: readonly string[]): () => number {
  const rules = ['icmp', 'icmpv6'].map((kind) => `${kind} type destination-unreachable counter`).join('\n');
  const input = `table inet errors {\nchain c { type filter hook prerouting priority -450; policy accept;\n${rules}\n}\n}`;
  execFileSync(program, [...enter, 'nft', '-f', '-'], { input });
  return () => {
    const text = execFileSync(program, [...enter, 'nft', 'list', 'table', 'inet', 'errors'], { encoding: 'utf8' });
    return [...text.matchAll(/packets (\d+)/g)].reduce((sum, [, packets]) => sum + Number(packets), 0);
  };
}
