import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lab, whyNot } from './net/lab.ts';

const ROUNDS = 10;
/** What came to the gateway, and what of it the filter let in, by port as it was when the filter had its say. */
const COUNTING = `table inet ports {
  set come_tcp { type inet_service; flags dynamic; size 65536; }
  set come_udp { type inet_service; flags dynamic; size 65536; }
  set passed { type inet_proto . inet_service; flags dynamic; size 65536; }
  chain before { type filter hook prerouting priority -450; policy accept;
    iifname "tap0" meta l4proto tcp update @come_tcp { tcp dport }
    iifname "tap0" meta l4proto udp update @come_udp { udp dport }
  }
  chain after { type filter hook input priority 10; policy accept;
    iifname "tap0" meta l4proto { tcp, udp } update @passed { meta l4proto . th dport }
  }
}`;

for (const to of ['10.77.0.1', 'fd77::1', 'fe80::1%g0'])
  test(`of all ports of the gateway at ${to} that of names alone is open to the guest, by TCP and UDP`, {
    skip: whyNot(),
  }, async (t) => {
    const lab = Lab.start(t);
    lab.addIpv6();
    const guest = await lab.open({ ipv6: true });
    lab.configureIpv6();
    await lab.service.call('switchTo', lab.id, 'normal');
    lab.nft(COUNTING);
    const inSet = (name: string): unknown[] => {
      const { nftables } = JSON.parse(lab.inMachine('nft', '-j', 'list', 'set', 'inet', 'ports', name));
      return nftables.at(-1).set.elem ?? [];
    };
    const open = new Set<number>();
    let left = Array.from({ length: 65_535 }, (_, i) => i + 1);

    // A busy computer may lose packets: ports are tried until all have been.
    for (let round = 0; round < ROUNDS && left.length > 0; round += 1) {
      for (const port of await guest.call('knock', to, left)) open.add(port);
      const [tcp, udp] = [new Set(inSet('come_tcp')), new Set(inSet('come_udp'))];
      left = left.filter((port) => !tcp.has(port) || !udp.has(port));
    }

    assert.deepEqual(left, []);
    assert.deepEqual([...open], [53]);
    const passed = inSet('passed').map((element) => JSON.stringify(element));
    assert.deepEqual(passed.sort(), ['{"concat":["tcp",5353]}', '{"concat":["udp",5353]}']);
  });
