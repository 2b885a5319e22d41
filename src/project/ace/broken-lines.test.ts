import assert from 'node:assert/strict';
import { test } from 'node:test';
import { described, type Lines, office, readHost, zoneOf } from '../../../test/fakes/ace-lines.ts';

const invalid = (said: RegExp) => ({ name: 'AppError', code: 'IMPORT_INVALID', message: said });
const BROKEN: [title: string, written: Lines | string | Buffer, said: RegExp][] = [
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
    assert.throws(() => readHost(written), invalid(said));
  });

test('more than Lazaret takes is refused, never cut short', () => {
  const many = Array.from({ length: 501 }, (_, index) => `10.0.${index >> 8}.${index & 255}`).join(',');
  const unsupported = { name: 'AppError', code: 'IMPORT_UNSUPPORTED' };
  assert.throws(() => readHost(office({ blockIPv4: '1', 'exceptions.IPv4': many })), unsupported);
  const zones = Array.from({ length: 33 }, (_, index) => ({
    ...described(index, {}, `zone ${index}`),
    ...zoneOf('host', index, {}, `zone ${index}`),
  }));
  assert.throws(() => readHost(Object.assign({}, ...zones)), unsupported);
  const numbers = Array.from({ length: 65 }, (_, index) => [`host.zone.${index}.present`, '0']);
  assert.throws(() => readHost(Object.fromEntries(numbers)), unsupported);
  assert.throws(() => readHost(office({ 'exceptions.IPv4': '-,'.repeat(2001) })), unsupported);
});
