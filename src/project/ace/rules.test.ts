import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  codesOf,
  described,
  type Lines,
  linesText,
  office,
  plain,
  readHost,
  zoneOf,
} from '../../../test/fakes/ace-lines.ts';

/** What becomes of a zone’s setting, in the host policy. */
const ACCESS: [title: string, zone: Lines, access: unknown, notes: string[]][] = [
  [
    'blocked, with addresses, names and bits',
    { blockIPv4: '1', 'exceptions.IPv4': '10.1.0.0/16,vpn.acme.example,intra.acme.example/24' },
    { mode: 'whitelist', entries: ['10.1.0.0/16', 'vpn.acme.example', 'intra.acme.example/24'] },
    [],
  ],
  [
    'allowed, but for some',
    { blockIPv4: '0', 'exceptions.IPv4': '10.9.0.1' },
    { mode: 'blacklist', entries: ['10.9.0.1'] },
    [],
  ],
  ['allowed where nothing is said', {}, { mode: 'blacklist', entries: [] }, []],
  ['blocked without exceptions', { blockIPv4: '1', 'exceptions.IPv4': '' }, { mode: 'whitelist', entries: [] }, []],
  [
    'blanks in a list',
    { blockIPv4: '1', 'exceptions.IPv4': '10.1.0.1, 10.1.0.2' },
    { mode: 'whitelist', entries: ['10.1.0.1', '10.1.0.2'] },
    [],
  ],
  [
    'an address in the midst of its subnet',
    { blockIPv4: '1', 'exceptions.IPv4': '10.1.2.3/20,10.255.255.255/9,1.2.3.4/0,1.2.3.4/32' },
    { mode: 'whitelist', entries: ['10.1.0.0/20', '10.128.0.0/9', '0.0.0.0/0', '1.2.3.4/32'] },
    [],
  ],
  [
    'an entry that is none, in a whitelist',
    { blockIPv4: '1', 'exceptions.IPv4': '300.1.0.1/24,a b,10.1.0.1/40' },
    { mode: 'whitelist', entries: [] },
    ['entry-closed', 'entry-closed', 'entry-closed'],
  ],
  [
    'an entry that is none, in a blacklist',
    { 'exceptions.IPv4': '-' },
    { mode: 'blacklist', entries: [] },
    ['entry-open'],
  ],
  [
    'an entry with a protocol, which the manual does not know',
    { blockIPv4: '1', 'exceptions.IPv4': 'a.example tcp 80' },
    { mode: 'whitelist', entries: [] },
    ['entry-closed'],
  ],
  [
    'traffic that stays free',
    { blockIPv4: '1', restrictARP: '0', restrictDHCP: '0', restrictDNS: '0', restrictICMP: '0' },
    { mode: 'whitelist', entries: [] },
    [],
  ],
  [
    'traffic that was held to the list',
    { blockIPv4: '1', restrictDNS: '1' },
    { mode: 'whitelist', entries: [] },
    ['traffic-free'],
  ],
];
for (const [title, zone, access, notes] of ACCESS)
  test(`a zone of the host policy: ${title}`, () => {
    const read = readHost(office(zone));
    const { name, when, ...found } = plain(read.host).zones[0];
    assert.deepEqual([name, when, found], ['Office', { gateways: ['10.1.0.1'] }, access]);
    assert.deepEqual(codesOf(read), [...notes, 'ipv6']);
  });

const CRITERIA: [title: string, description: Lines, when: unknown, notes: string[]][] = [
  ['several gateways', { gateways: '10.1.0.1,10.1.0.2' }, { gateways: ['10.1.0.1', '10.1.0.2'] }, []],
  [
    'DNS servers, of which so many',
    { gateways: '', dnsServers: '10.1.0.5,10.1.0.6', minDnsServersToMatch: '2' },
    { dnsServers: ['10.1.0.5', '10.1.0.6'], minDnsServersToMatch: 2 },
    [],
  ],
  [
    'DNS servers, of which one is enough',
    { gateways: '', dnsServers: '10.1.0.5', minDnsServersToMatch: '1' },
    { dnsServers: ['10.1.0.5'] },
    [],
  ],
  [
    'subnets and names',
    { subnets: '10.1.0.0/16', dnsNames: 'Acme.Example' },
    { gateways: ['10.1.0.1'], subnets: ['10.1.0.0/16'], dnsNames: ['acme.example'] },
    [],
  ],
  [
    'WINS servers beside others',
    { winsServers: '10.1.0.9', minWinsServersToMatch: '1' },
    { gateways: ['10.1.0.1'] },
    ['zone-wider'],
  ],
  ['DHCP servers beside others', { dhcpServers: '10.1.0.9' }, { gateways: ['10.1.0.1'] }, ['zone-wider']],
];
for (const [title, description, when, notes] of CRITERIA)
  test(`a zone is described by ${title}`, () => {
    const read = readHost(office({ blockIPv4: '1' }, description));
    assert.deepEqual([plain(read.host).zones[0].when, codesOf(read)], [when, [...notes, 'ipv6']]);
  });

test('zones keep their own order, whatever the order of lines and descriptions', () => {
  const { host: policy } = readHost({
    ...zoneOf('host', 10, {}, 'Home'),
    ...zoneOf('host', 2, { blockIPv4: '1' }),
    ...described(0, {}, 'Home'),
    ...described(7),
  });
  assert.deepEqual(
    policy?.zones.map(({ name }) => name),
    ['Office', 'Home'],
  );
});

test('capitals in keys do not matter; each line that is not understood is named with its place', () => {
  const written = linesText(office({ blockIPv4: '1' }))
    .toUpperCase()
    .replaceAll('OFFICE', 'Office');
  const { host: policy, notes } = readHost(
    `${written}\r\n# a comment\r\n\r\nsecret.value = "hidden"\r\nzone.description.1.name = "x"`,
  );
  assert.equal(policy?.zones[0]?.mode, 'whitelist');
  const unread = notes.filter(({ code }) => code === 'not-understood');
  assert.deepEqual(
    unread.map(({ file, line, parts }) => [file, line, parts['key']]),
    [
      ['app.vmpl', 13, 'secret.value'],
      ['app.vmpl', 14, 'zone.description.1.name'],
    ],
  );
  assert.ok(!JSON.stringify(notes).includes('hidden'), 'what a line says may be a secret');
});

test('what is in another encoding than UTF-8 says so', () => {
  const latin = Buffer.from(
    `.encoding = "windows-1252"\n${linesText({ ...described(0, {}, 'Büro'), ...zoneOf('host', 0, {}, 'Büro') })}`,
    'latin1',
  );
  assert.equal(readHost(latin).host?.zones[0]?.name, 'Büro');
  const wide = Buffer.from(`\uFEFF${linesText(office())}`, 'utf16le');
  assert.equal(readHost(wide).host?.zones[0]?.name, 'Office');
});

test('a host policy that was not in use is not taken', () => {
  for (const useZones of [{ 'host.useZones': '0' }, {}]) {
    const { 'host.useZones': _on, ...rest } = office({ blockIPv4: '1' });
    const read = readHost({ ...rest, ...useZones });
    assert.deepEqual([read.host, codesOf(read)], [undefined, ['zones-off']]);
  }
  assert.deepEqual(plain(readHost({ 'host.useZones': '1' })), { described: {}, notes: [] });
});

test('zones that Lazaret cannot know are not taken, and it is said that they restrict nothing', () => {
  const none = readHost(zoneOf('host', 0, { blockIPv4: '1' }, 'Nowhere'));
  assert.deepEqual([none.host, codesOf(none), none.notes[0]?.isWeaker], [undefined, ['zone-lost'], true]);
  const wins = readHost(office({}, { gateways: '', winsServers: '10.1.0.9' }));
  assert.deepEqual([wins.host, codesOf(wins)], [undefined, ['zone-lost']]);
});

test('what is switched off, there twice, or called as no zone can be', () => {
  const off = readHost(office({ present: '0' }));
  assert.deepEqual([off.host, codesOf(off)], [undefined, ['zone-off']]);
  const twice = readHost({ ...office({ blockIPv4: '1' }), ...zoneOf('host', 1, {}) });
  assert.deepEqual([plain(twice.host).zones.length, codesOf(twice)], [1, ['zone-again', 'ipv6']]);
  const named = readHost({ ...described(0, {}, '(Büro) #1'), ...zoneOf('host', 0, {}, '(Büro) #1') });
  assert.deepEqual([plain(named.host).zones[0].name, codesOf(named)], ['Büro- -1', ['zone-name', 'ipv6']]);
});

test('what holds where no zone fits', () => {
  const { host: policy } = readHost({
    ...office(),
    'host.default.blockIPv4': '1',
    'host.default.exceptions.IPv4': '10.0.0.1',
  });
  assert.deepEqual(plain(policy?.default), { mode: 'whitelist', entries: ['10.0.0.1'] });
});
