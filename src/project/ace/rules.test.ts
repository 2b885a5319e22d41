import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from '../foreign/settings.ts';
import { machineName } from './machine-name.ts';
import { readGuestRules, readHostRules } from './rules.ts';

type Settings = Record<string, string>;

const text = (settings: Settings) =>
  Object.entries(settings)
    .map(([key, value]) => `${key} = "${value}"\n`)
    .join('');
const linesOf = (written: string | Buffer, name: string) => ({
  name,
  settings: readSettings(Buffer.from(written), name),
});
const host = (settings: Settings | string | Buffer) =>
  readHostRules(
    linesOf(typeof settings === 'string' || Buffer.isBuffer(settings) ? settings : text(settings), 'app.vmpl'),
  );
const guest = (settings: Settings) =>
  readGuestRules(linesOf(text(settings), 'xp/xp.vmpl'), host(described(0)).described);
const codes = ({ notes }: { notes: readonly { code: string }[] }) => notes.map(({ code }) => code);
const plain = (value: unknown) => JSON.parse(JSON.stringify(value ?? null));

/** A zone’s description as the manual shows it. */
function described(number: number, more: Settings = {}, name = 'Office'): Settings {
  const before = `zoneDescription.${number}`;
  return {
    [`${before}.present`]: '1',
    [`${before}.key`]: String(number),
    [`${before}.name`]: name,
    [`${before}.gateways`]: '10.1.0.1',
    ...Object.fromEntries(Object.entries(more).map(([key, value]) => [`${before}.${key}`, value])),
  };
}

function zoneOf(scope: 'host' | 'guest', number: number, more: Settings = {}, name = 'Office'): Settings {
  const before = `${scope}.zone.${number}`;
  return {
    [`${scope}.useZones`]: '1',
    [`${before}.present`]: '1',
    [`${before}.key`]: String(number),
    [`${before}.descriptionName`]: name,
    ...Object.fromEntries(Object.entries(more).map(([key, value]) => [`${before}.${key}`, value])),
  };
}
const office = (zone: Settings = {}, description: Settings = {}) => ({
  ...described(0, description),
  ...zoneOf('host', 0, zone),
});

/** What becomes of a zone’s setting, in the host policy. */
const ACCESS: [title: string, zone: Settings, access: unknown, notes: string[]][] = [
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
    { blockIPv4: '1', 'exceptions.IPv4': '10.1.0.300/24,a b,10.1.0.1/40' },
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
    const read = host(office(zone));
    const { name, when, ...found } = plain(read.host).zones[0];
    assert.deepEqual([name, when, found], ['Office', { gateways: ['10.1.0.1'] }, access]);
    assert.deepEqual(codes(read), [...notes, 'ipv6']);
  });

const CRITERIA: [title: string, description: Settings, when: unknown, notes: string[]][] = [
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
    const read = host(office({ blockIPv4: '1' }, description));
    assert.deepEqual([plain(read.host).zones[0].when, codes(read)], [when, [...notes, 'ipv6']]);
  });

test('zones keep their own order, whatever the order of lines and descriptions', () => {
  const { host: policy } = host({
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
  const written = text(office({ blockIPv4: '1' }))
    .toUpperCase()
    .replaceAll('OFFICE', 'Office');
  const { host: policy, notes } = host(
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
    `.encoding = "windows-1252"\n${text({ ...described(0, {}, 'Büro'), ...zoneOf('host', 0, {}, 'Büro') })}`,
    'latin1',
  );
  assert.equal(host(latin).host?.zones[0]?.name, 'Büro');
  const wide = Buffer.from(`\uFEFF${text(office())}`, 'utf16le');
  assert.equal(host(wide).host?.zones[0]?.name, 'Office');
});

test('a host policy that was not in use is not taken', () => {
  for (const useZones of [{ 'host.useZones': '0' }, {}]) {
    const { 'host.useZones': _on, ...rest } = office({ blockIPv4: '1' });
    const read = host({ ...rest, ...useZones });
    assert.deepEqual([read.host, codes(read)], [undefined, ['zones-off']]);
  }
  assert.deepEqual(plain(host({ 'host.useZones': '1' })), { described: {}, notes: [] });
});

test('zones that Lazaret cannot know are not taken, and it is said that they restrict nothing', () => {
  const none = host(zoneOf('host', 0, { blockIPv4: '1' }, 'Nowhere'));
  assert.deepEqual([none.host, codes(none), none.notes[0]?.isWeaker], [undefined, ['zone-lost'], true]);
  const wins = host(office({}, { gateways: '', winsServers: '10.1.0.9' }));
  assert.deepEqual([wins.host, codes(wins)], [undefined, ['zone-lost']]);
});

test('what is switched off, there twice, or called as no zone can be', () => {
  const off = host(office({ present: '0' }));
  assert.deepEqual([off.host, codes(off)], [undefined, ['zone-off']]);
  const twice = host({ ...office({ blockIPv4: '1' }), ...zoneOf('host', 1, {}) });
  assert.deepEqual([plain(twice.host).zones.length, codes(twice)], [1, ['zone-again', 'ipv6']]);
  const named = host({ ...described(0, {}, '(Büro) #1'), ...zoneOf('host', 0, {}, '(Büro) #1') });
  assert.deepEqual([plain(named.host).zones[0].name, codes(named)], ['Büro- -1', ['zone-name', 'ipv6']]);
});

test('what holds where no zone fits', () => {
  const { host: policy } = host({
    ...office(),
    'host.default.blockIPv4': '1',
    'host.default.exceptions.IPv4': '10.0.0.1',
  });
  assert.deepEqual(plain(policy?.default), { mode: 'whitelist', entries: ['10.0.0.1'] });
});

const lists = (access: unknown) => ({ name: 'Office', when: { gateways: ['10.1.0.1'] }, normal: access });
const nothing = { entries: [], exceptions: [] };
const GUESTS: [title: string, settings: Settings, quarantine: unknown, notes: string[]][] = [
  ['a file that says nothing', {}, { type: 'none' }, []],
  [
    'a file that is not understood',
    { 'quarantine.mode': 'x' },
    { type: 'static', mode: 'whitelist', normal: nothing },
    ['quarantine-closed', 'machine-policies', 'not-understood'],
  ],
  [
    'a zone that is blocked',
    zoneOf('guest', 0, { blockIPv4: '1', 'exceptions.IPv4': 'a.example', restrictDNS: '0' }),
    { zones: [lists({ entries: ['a.example'], exceptions: ['dns'] })] },
    ['static-list'],
  ],
  [
    'a zone that is free',
    zoneOf('guest', 0),
    { zones: [lists({ entries: ['0.0.0.0/0'], exceptions: ['dns', 'icmp'] })] },
    ['static-list'],
  ],
  [
    'a zone that names what is closed',
    zoneOf('guest', 0, { 'exceptions.IPv4': 'a.example' }),
    { zones: [lists(nothing)] },
    ['zone-closed', 'static-list'],
  ],
  [
    'a zone that nobody described',
    zoneOf('guest', 0, { blockIPv4: '1' }, 'Nowhere'),
    { zones: [] },
    ['zone-closed', 'static-list'],
  ],
  ['zones in use, and none there', { 'guest.useZones': '1' }, { zones: [] }, ['static-list']],
  ['zones that are not in use', { ...zoneOf('guest', 0), 'guest.useZones': '0' }, { type: 'none' }, ['zones-off']],
  [
    'what holds where no zone fits',
    {
      ...zoneOf('guest', 0, { blockIPv4: '1' }),
      'guest.default.blockIPv4': '1',
      'guest.default.exceptions.IPv4': 'b.example',
    },
    { normal: { entries: ['b.example'], exceptions: [] }, zones: [lists(nothing)] },
    [],
  ],
  [
    'a zone that nobody described, where others have an access of their own',
    { ...zoneOf('guest', 0, { blockIPv4: '1' }, 'Nowhere'), 'guest.default.blockIPv4': '0' },
    { normal: { entries: ['0.0.0.0/0'], exceptions: ['dns', 'icmp'] }, zones: [] },
    ['zone-lost'],
  ],
  [
    'lines for the host, which are not its business',
    zoneOf('host', 0),
    { type: 'static', mode: 'whitelist', normal: nothing },
    ['quarantine-closed', 'machine-policies', ...Array(4).fill('not-understood')],
  ],
];
for (const [title, settings, quarantine, notes] of GUESTS)
  test(`a machine’s policies: ${title}`, () => {
    const read = guest(settings);
    const whole =
      'type' in (quarantine as object)
        ? quarantine
        : { type: 'static', mode: 'whitelist', normal: nothing, ...(quarantine as object) };
    assert.deepEqual([plain(read.quarantine), codes(read)], [whole, notes]);
  });

const invalid = (said: RegExp) => ({ name: 'AppError', code: 'IMPORT_INVALID', message: said });
const BROKEN: [title: string, written: Settings | string | Buffer, said: RegExp][] = [
  ['a line without an equals sign', 'host.useZones "1"', /line 1, is not/],
  ['a value without quotes', 'host.useZones = 1', /line 1, is not/],
  ['a quote that is not closed', 'host.useZones = "1', /line 1, is not/],
  ['a quote within a value', '\n\na = "b"c"', /line 3, is not/],
  ['text behind a value', 'host.useZones = "1" # on', /line 1, is not/],
  ['a line that is said again', 'host.useZones = "1"\nHOST.usezones = "0"', /line 2, says host.usezones again/],
  ['markup', '<?xml version="1.0"?>', /line 1, is not/],
  ['bytes of something encrypted', Buffer.from([0x8f, 0x00, 0xff, 0xfe, 0x12]), /no text in the encoding utf-8/],
  ['an encoding that does not exist', '.encoding = "klingon"\n', /no text in the encoding klingon/],
  [
    'another encoding than it says',
    Buffer.from('.encoding = "UTF-8"\na = "B\u00fcro"', 'latin1'),
    /no text in the encoding UTF-8/,
  ],
  ['more lines than such files have', '\n'.repeat(20_001), /more than 20000 lines/],
  ['a key longer than keys are', `${'k'.repeat(201)} = "1"`, /line 1, is not/],
  ['a switch that is neither', { 'host.useZones': 'TRUE' }, /line 1, is neither "0" nor "1"/],
  ['blockIPv4 that is neither', office({ blockIPv4: 'yes' }), /line 9, is neither/],
  ['restrictDNS that is neither', office({ restrictDNS: '2' }), /is neither/],
  ['present that is neither', office({ present: '' }), /is neither/],
  ['a key that is another number', office({ key: '1' }), /is not "0"/],
  ['a description’s key that is another number', office({}, { key: '4' }), /line 2, is not "0"/],
  ['a description without a name', office({}, { name: '' }), /line 1, .*zoneDescription.0.name is missing/],
  ['two descriptions with one name', { ...office(), ...described(1) }, /names a zone again/],
  ['a zone without a description', office({ descriptionName: ' ' }), /host.zone.0.descriptionName is missing/],
  ['a gateway that is none', office({}, { gateways: '10.1.0.1,gateway' }), /line 4, is not an address/],
  ['a list with nothing beside a comma', office({}, { gateways: '10.1.0.1,' }), /line 4, has a comma/],
  ['exceptions with nothing between commas', office({ 'exceptions.IPv4': 'a.example,,b.example' }), /has a comma/],
  ['a subnet that is none', office({}, { subnets: '10.1.0.0' }), /is not a subnet/],
  ['a name that is none', office({}, { dnsNames: 'a_b.*' }), /is not a name/],
  [
    'more DNS servers than there are',
    office({}, { dnsServers: '10.1.0.5', minDnsServersToMatch: '2' }),
    /asks for more/,
  ],
  ['a number that is none', office({}, { minDnsServersToMatch: 'two' }), /is not a number/],
  ['a number of WINS servers that is none', office({}, { minWinsServersToMatch: '-1' }), /is not a number/],
];
for (const [title, written, said] of BROKEN)
  test(`refused with its line: ${title}`, () => {
    assert.throws(() => host(written), invalid(said));
  });

test('more than Lazaret takes is refused, never cut short', () => {
  const many = Array.from({ length: 501 }, (_, index) => `10.0.${index >> 8}.${index & 255}`).join(',');
  const unsupported = { name: 'AppError', code: 'IMPORT_UNSUPPORTED' };
  assert.throws(() => host(office({ blockIPv4: '1', 'exceptions.IPv4': many })), unsupported);
  const zones = Array.from({ length: 33 }, (_, index) => ({
    ...described(index, {}, `zone ${index}`),
    ...zoneOf('host', index, {}, `zone ${index}`),
  }));
  assert.throws(() => host(Object.assign({}, ...zones)), unsupported);
  const numbers = Array.from({ length: 65 }, (_, index) => [`host.zone.${index}.present`, '0']);
  assert.throws(() => host(Object.fromEntries(numbers)), unsupported);
  assert.throws(() => host(office({ 'exceptions.IPv4': '-,'.repeat(2001) })), unsupported);
});

test('machines get names that they can have, and each its own', () => {
  const table: [before: string, taken: string[], name: string][] = [
    ['Windows XP Professional', [], 'windows-xp-professional'],
    ['Büro (neu)', [], 'buro-neu'],
    ['office', ['office'], 'office-2'],
    ['Office!', ['office', 'office-2'], 'office-3'],
    ['日本', [], 'machine'],
    ['x'.repeat(60), ['x'.repeat(40)], `${'x'.repeat(38)}-2`],
    ['-a-', [], 'a'],
  ];
  for (const [before, taken, name] of table) assert.equal(machineName(before, new Set(taken)), name);
});
