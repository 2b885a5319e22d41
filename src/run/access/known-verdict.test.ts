import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Quarantine } from '../../policy/quarantine.ts';
import type { CurrentPolicy } from '../../servers/policies.ts';
import { knownVerdict } from './known-verdict.ts';

const NOW = Date.UTC(2026, 0, 10);
const entries = (...list: string[]) => ({ entries: list, exceptions: [] });
const quarantine = Quarantine.parse({
  ...{ type: 'static', mode: 'whitelist', normal: entries('10.0.0.1') },
  zones: [{ name: 'home', when: { gateways: ['192.0.2.1'] }, normal: entries('10.0.0.2') }],
});
const policy: CurrentPolicy = {
  lookedUpAt: NOW,
  document: {
    ...{ format: 1, project: 'a'.repeat(64), vm: 'office', vmId: '6d1a1b9c-6a3e-4a57-9f3e-2d8f0f6c1a11', serial: 1 },
    policy: { format: 1, quarantine } as CurrentPolicy['document']['policy'],
  },
};

for (const [gateway, zone] of [
  ['192.0.2.1', 'home'],
  ['192.0.2.2', undefined],
] as const) {
  test(`what is at hand is judged where the computer is: behind ${gateway} in zone ${zone}`, async () => {
    const facts = { gateways: [gateway], dnsServers: [], addresses: [], dnsNames: [], beacons: [] };
    const computer = { enforcement: 'host', facts: async () => facts } as const;

    const verdict = await knownVerdict(
      { mode: 'installed' },
      { computer, policies: { now: async () => NOW } },
      { policy, reported: undefined },
    );

    assert.equal(verdict.zone, zone);
    assert.match(JSON.stringify(verdict.lists.normal), zone ? /10\.0\.0\.2/ : /10\.0\.0\.1/);
  });
}
