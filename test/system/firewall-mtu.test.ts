import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lab, SERVERS, SERVERS6, whyNot } from './net/lab.ts';

const BYTES = 300_000;
/** As a VPN’s; a guest’s card and the servers’ have 1500. */
const MTU = '1280';
const LOSING = `table inet losing {
  chain out {
    type filter hook output priority 0;
    icmp type destination-unreachable drop
    icmpv6 type packet-too-big drop
  }
}`;

test('over a way of small packets, on which nobody is told so, as much passes as is sent, both ways', {
  skip: whyNot(),
}, async (t) => {
  const lab = Lab.start(t);
  lab.addIpv6();
  const ipAt = (place: string, ...words: string[]) =>
    lab.inHost('ip', '-n', lab.namespace(place), 'link', 'set', ...words);
  ipAt('host', 'v-outside', 'mtu', MTU);
  // Otherwise packets are put together to larger ones, whose length nobody looks at.
  ipAt('outside', 'eth0', 'gso_max_segs', '1');
  lab.inHost('nft', LOSING);
  await lab.server('outside').call('listenTcp', 8000);
  const guest = await lab.open({ ipv6: true });
  lab.configureIpv6();
  await lab.service.call('switchTo', lab.id, 'normal');

  for (const to of [SERVERS.outside, SERVERS6.outside])
    assert.equal(await guest.call('exchange', to, 8000, BYTES), BYTES, to);
});
