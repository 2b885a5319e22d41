import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codesOf, type Lines, plain, readGuest, zoneOf } from '../../../test/fakes/ace-lines.ts';

const lists = (access: unknown) => ({ name: 'Office', when: { gateways: ['10.1.0.1'] }, normal: access });
const nothing = { entries: [], exceptions: [] };
const GUESTS: [title: string, settings: Lines, quarantine: unknown, notes: string[]][] = [
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
    const read = readGuest(settings);
    const whole =
      'type' in (quarantine as object)
        ? quarantine
        : { type: 'static', mode: 'whitelist', normal: nothing, ...(quarantine as object) };
    assert.deepEqual([plain(read.quarantine), codesOf(read)], [whole, notes]);
  });
