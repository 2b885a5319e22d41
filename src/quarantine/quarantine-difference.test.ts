import assert from 'node:assert/strict';
import { test } from 'node:test';
import { threeVersions, V1, V2 } from '../../test/fakes/quarantine.ts';
import { Quarantine } from '../policy/quarantine.ts';
import { quarantineDifference } from './quarantine-difference.ts';

const BASE = threeVersions();
const differing = (change: Record<string, unknown>) => quarantineDifference(BASE, threeVersions(change));

test('two quarantines that say the same differ in nothing', () => {
  assert.deepEqual(differing({}), []);
});

test('where normal access begins is said by the names of versions', () => {
  assert.deepEqual(differing({ threshold: 'third' }), ['normal access begins at third instead of second']);
  assert.deepEqual(differing({ threshold: null }), ['no version has normal access instead of at second']);
  assert.deepEqual(differing({ threshold: undefined }), ['every version has normal access instead of at second']);
});

test('entries and exceptions are named with the list that has them, of many the first five', () => {
  assert.deepEqual(
    differing({ normal: { entries: ['10.0.0.0/8', 'intranet.example'], exceptions: ['dns'] }, restricted: {} }),
    [
      'intranet.example added to normal',
      'the exception dns added to normal',
      '10.0.0.5 tcp 80 taken out of restricted',
    ],
  );
  const entries = ['10.0.0.0/8', ...Array.from({ length: 8 }, (_, at) => `192.0.2.${at}`)];
  assert.equal(differing({ normal: { entries } }).at(-1), '3 more added to normal');
});

test('versions that came, went, or have another name', () => {
  const versions = [
    { name: 'one', descriptor: V1 },
    { name: 'second', descriptor: V2 },
    { name: 'fourth', descriptor: '0x00000004' },
  ];
  assert.deepEqual(differing({ versions }), [
    'version fourth added',
    'version third removed',
    'version first is called one',
  ]);
});

test('zones, messages and single settings', () => {
  const zone = (when: object, restricted: object) => ({ zones: [{ name: 'home', when, restricted }] });
  const home = threeVersions(zone({ subnets: ['192.168.0.0/16'] }, { entries: [] }));
  const other = threeVersions({
    ...zone({ subnets: ['192.168.0.0/16'] }, { entries: ['192.168.7.1'] }),
    ...{ messages: { restricted: 'now' }, interval: '10m' },
  });
  assert.deepEqual(differing(zone({ subnets: ['192.168.0.0/16'] }, {})), ['zone home added']);
  assert.deepEqual(quarantineDifference(home, other), [
    'in zone home 192.168.7.1 added to restricted',
    'the restricted message is “now” instead of “please update”',
    'the update message is not said instead of “there is an update”',
    'policies are looked up every 10m instead of 5m',
  ]);
});

test('another type is said first, with what goes with it', () => {
  const [first, ...others] = quarantineDifference(BASE, Quarantine.parse({ type: 'none' }));
  assert.equal(first, 'quarantine is none instead of version-based');
  assert.ok(others.includes('10.0.0.0/8 taken out of normal'));
});
