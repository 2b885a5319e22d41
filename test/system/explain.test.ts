import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Protocol } from '../../src/policy/parts/access-entry.ts';
import type { Exception } from '../../src/policy/parts/access-section.ts';
import type { AccessList } from '../../src/quarantine/lists/access-list.ts';
import { type Destination, explain } from '../../src/quarantine/lists/explain.ts';
import { subnetAround } from '../../src/quarantine/lists/subnet-around.ts';
import { Lab, SERVERS, type Server, whyNot } from './net/lab.ts';
import { everything, type ListText, listsOf } from './net/lists.ts';
import { datagram, echoContent, icmpMessage, packetFrame, synSegment } from './net/packets.ts';
import { until } from './net/until.ts';

const RUNS = 60;
const NAMES = { 'one.test': SERVERS.intranet, 'two.test': SERVERS.outside };
/** Its raw address is what is tried here, which it opens to nobody; how it is reached: firewall-pinned.test.ts. */
const PINNED = 'pinned.test';
const BITS = [8, 15, 24];
const ADDRESSES_OF = new Map([
  ...Object.entries(NAMES).map(([name, address]) => [name, [address]] as const),
  ...Object.entries(NAMES).flatMap(([name, address]) =>
    BITS.map((bits) => [`${name}/${bits}`, [subnetAround(address, bits)]] as const),
  ),
]);
const PORTS: readonly [protocol: Protocol, port: number | undefined][] = [
  ['tcp', 80],
  ['tcp', 8000],
  ['tcp', 9100],
  ['udp', 161],
  ['udp', 8000],
  ['icmp', undefined],
];
const PROBES = (Object.keys(SERVERS) as Server[]).flatMap((server) =>
  PORTS.map(([protocol, port]) => ({ server, protocol, port, key: `${server}_${protocol}_${port ?? 'echo'}` })),
);
type Probe = (typeof PROBES)[number];

const target = fc.oneof(
  fc.constantFrom(...Object.values(SERVERS)),
  fc.tuple(fc.constantFrom(...Object.values(SERVERS)), fc.integer({ min: 0, max: 32 })).map(([address, bits]) => {
    return `${masked(address, bits)}/${bits}`;
  }),
  fc.constantFrom(...Object.keys(NAMES)),
  fc.tuple(fc.constantFrom(...Object.keys(NAMES)), fc.constantFrom(...BITS)).map(([name, bits]) => `${name}/${bits}`),
);
const ports = fc.constantFrom('', ' 80', ' 8000', ' 161', ' 9100', ' 1-100', ' 80,8000', ' 100-9000', ' 1-65535');
const entry = fc.oneof(
  target,
  fc.tuple(target, fc.constantFrom('tcp', 'udp'), ports).map(([to, protocol, which]) => `${to} ${protocol}${which}`),
  target.map((to) => `${to} icmp`),
  ports.map((which) => `${PINNED}${which && ` tcp${which}`} pinned`),
);
const list: fc.Arbitrary<ListText> = fc
  .record({
    mode: fc.constantFrom('whitelist' as const, 'blacklist' as const),
    entries: fc.array(entry, { maxLength: 6 }),
    exceptions: fc.subarray<Exception>(['icmp', 'printers', 'dns']),
  })
  .map(({ mode, entries, exceptions }) => {
    const possible = mode === 'whitelist' ? entries : entries.filter((text) => !text.endsWith(' pinned'));
    return { mode, entries: possible, exceptions };
  });

/** Destinations that are refused for what they are, whatever the list. */
const NOWHERE = ['169.254.169.254', '10.213.255.1'];

/** Counts what arrives at the servers, by kind, and does not answer it. */
const COUNTING = (server: Server) => {
  const own = PROBES.filter((probe) => probe.server === server);
  const match = ({ protocol, port }: Probe) => (port ? `${protocol} dport ${port}` : 'icmp type echo-request');
  return `table inet probes {
${own.map(({ key }) => `  counter ${key} { }`).join('\n')}
  chain in {
    type filter hook input priority filter;
${own.map((probe) => `    ${match(probe)} counter name ${probe.key} drop`).join('\n')}
  }
}`;
};

test('explain says allowed of just those destinations at which packets arrive, whatever the list', {
  skip: whyNot(),
}, async (t) => {
  const lab = Lab.start(t);
  await lab.serveNames('updates', { ...NAMES, [PINNED]: SERVERS.updates });
  for (const server of Object.keys(SERVERS) as Server[]) nft(lab.inside(server), ['-f', '-'], COUNTING(server));
  await lab.open();
  const card = lab.inMachine('ip', '-o', 'link', 'show', 'tap0').match(/link\/ether (\S+)/)?.[1] ?? '';
  let fromPort = 20_000;

  /** Sends one packet to each destination; gives those at which it arrived, once each has arrived or been refused. */
  const arrivals = async () => {
    const before = refused(lab);
    fromPort += 1;
    await lab.sendFrames(PROBES.map((probe) => frame(probe, SERVERS[probe.server], fromPort, card)));
    const arrived = new Set<string>();
    await until(() => {
      for (const server of Object.keys(SERVERS) as Server[]) for (const key of counted(lab, server)) arrived.add(key);
      return arrived.size + refused(lab) - before >= PROBES.length;
    });
    return arrived;
  };

  let allowed = 0;
  const agrees = async (random: ListText, mode: 'normal' | 'restricted') => {
    const [normal, restricted] = mode === 'normal' ? [random, everything] : [everything, random];
    await lab.service.call('changeLists', lab.id, normal, restricted);
    await lab.service.call('switchTo', lab.id, mode);
    const expected = PROBES.filter((probe) => {
      const to: Destination = {
        host: SERVERS[probe.server],
        protocol: probe.protocol,
        ...(probe.port === undefined ? {} : { port: probe.port }),
      };
      return explain(listsOf(normal, restricted)[mode], to, ADDRESSES_OF).allowed;
    }).map(({ key }) => key);

    assert.deepEqual([...(await arrivals())].sort(), expected.sort());
    allowed += expected.length;
    await agreesNowhere(listsOf(normal, restricted)[mode]);
  };
  /** Whatever is sent there is refused, and explained so. */
  const agreesNowhere = async (random: AccessList) => {
    const before = refused(lab);
    const probes = NOWHERE.map((to) => frame({ protocol: 'tcp', port: 80 }, to, fromPort, card));
    await lab.sendFrames(probes);
    for (const host of NOWHERE)
      assert.equal(explain(random, { host, protocol: 'tcp', port: 80 }, ADDRESSES_OF).allowed, false);
    await until(() => refused(lab) === before + NOWHERE.length);
  };
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  await fc.assert(fc.asyncProperty(list, fc.constantFrom('normal', 'restricted'), agrees), {
    numRuns: RUNS,
    seed,
    endOnFailure: true,
  });

  t.diagnostic(`seed ${seed}; ${allowed} of ${RUNS * PROBES.length} destinations were allowed`);
  assert.ok(allowed > 0 && allowed < RUNS * PROBES.length);
});

function frame(
  { protocol, port = 0 }: Pick<Probe, 'protocol' | 'port'>,
  to: string,
  fromPort: number,
  card: string,
): Buffer {
  const payload = {
    tcp: () => synSegment(fromPort, port, to),
    udp: () => datagram(fromPort, port),
    icmp: () => icmpMessage(8, 0, echoContent(fromPort)),
  }[protocol]();
  return packetFrame({ to, protocol, payload }, card);
}

/** The first address of the subnet of so many bits. */
function masked(address: string, bits: number): string {
  return address
    .split('.')
    .map((part, index) => Number(part) & (0xff << Math.min(8, Math.max(0, 8 * (index + 1) - bits))) & 0xff)
    .join('.');
}

/** The counters that are no longer zero. */
function counted(lab: Lab, server: Server): string[] {
  const text = nft(lab.inside(server), ['reset', 'counters', 'table', 'inet', 'probes']);
  return [...text.matchAll(/counter (\w+) \{\s*packets [1-9]/g)].map(([, key = '']) => key);
}

function refused(lab: Lab): number {
  const text = nft(lab.enter, ['list', 'counter', 'inet', 'lazaret', 'rejected']);
  return Number(/packets (\d+)/.exec(text)?.[1]);
}

function nft(enter: readonly string[], args: readonly string[], input = ''): string {
  const [program = '', ...rest] = [...enter, 'nft', ...args];
  return execFileSync(program, rest, { input, encoding: 'utf8' });
}
