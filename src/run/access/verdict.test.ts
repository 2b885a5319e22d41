import assert from 'node:assert/strict';
import { test } from 'node:test';
import { threeVersions, V2 } from '../../../test/fakes/quarantine.ts';
import type { Quarantine } from '../../policy/quarantine.ts';
import { type Judged, verdictOf } from './verdict.ts';

const zones = [{ name: 'home', when: { gateways: ['192.0.2.1'] }, normal: { entries: ['10.0.0.2'] } }];
const host = { gateways: ['192.0.2.1'], dnsServers: [], addresses: [], dnsNames: [], beacons: [] };

function judged(quarantine: Quarantine): Judged {
  const vm = { vm: 'office', vmId: '6d1a1b9c-6a3e-4a57-9f3e-2d8f0f6c1a11' };
  const document = { ...{ format: 1, project: 'a'.repeat(64), serial: 1, ...vm }, policy: { format: 1, quarantine } };
  const policy = { lookedUpAt: 0, document } as Judged['policy'];
  return { mode: 'installed', policy, reported: { descriptor: V2, origin: 'guest' }, now: 0, enforcement: 'host' };
}

test('under one policy the lists are the same ones, zone by zone', () => {
  const present = judged(threeVersions({ zones }));
  const { lists } = verdictOf(present);
  const there = verdictOf({ ...present, host }).lists;

  assert.equal(verdictOf({ ...present, reported: undefined }).lists, lists);
  assert.equal(verdictOf({ ...present, host }).lists, there);
  assert.notDeepEqual(there, lists);
  assert.notEqual(verdictOf(judged(threeVersions({ zones }))).lists, lists, 'of another policy they are others');
});
