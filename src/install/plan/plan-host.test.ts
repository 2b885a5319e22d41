import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostPolicy } from '../../policy/host.ts';
import { hostPolicyDigest } from '../../quarantine/host-policy-digest.ts';
import type { KnownHostPolicy } from '../state/host-policy.ts';
import { type HostPlan, planHost, requireConsent } from './plan-host.ts';

const RULES = HostPolicy.parse({ default: { mode: 'whitelist', entries: ['10.0.0.0/8'] } });
const OTHERS = HostPolicy.parse({ default: { mode: 'whitelist', entries: ['10.0.0.0/9'] } });
const digest = hostPolicyDigest(RULES);
const known = (generation: number, policy?: HostPolicy): KnownHostPolicy => ({
  generation,
  ...(policy ? { consent: { digest: hostPolicyDigest(policy), policy, at: '2026-01-01T00:00:00Z' } } : {}),
});

const ROWS: [
  title: string,
  host: HostPolicy | undefined,
  before: KnownHostPolicy | undefined,
  action: HostPlan['action'],
][] = [
  ['rules on a computer that knows none are asked for', RULES, undefined, 'ask'],
  ['rules after packages without any are asked for', RULES, known(4), 'ask'],
  ['the same rules are not asked for again', RULES, known(4, RULES), 'keep'],
  ['nor when the same package is installed again', RULES, known(5, RULES), 'keep'],
  ['changed rules are asked for', RULES, known(4, OTHERS), 'ask'],
  ['rules that the project dropped go', undefined, known(4, RULES), 'drop'],
  ['where there were none, none are', undefined, known(4), 'none'],
  ['a package older than the one before changes nothing', RULES, known(6), 'older'],
  ['nor does it take rules away', undefined, known(6, RULES), 'older'],
];
for (const [title, host, before, action] of ROWS) {
  test(title, () => {
    assert.equal(planHost({ generation: 5, ...(host ? { host } : {}) }, before).action, action);
  });
}

test('consent is to one digest', () => {
  const host = planHost({ generation: 1, host: RULES }, undefined);
  const refused = { name: 'AppError', code: 'HOST_CONFIRM', details: { digest, policy: RULES } };

  assert.throws(() => requireConsent({ host }, undefined), refused);
  assert.throws(() => requireConsent({ host }, hostPolicyDigest(OTHERS)), refused);
  assert.throws(() => requireConsent({ host }, digest.toUpperCase()), refused);
  requireConsent({ host }, digest);
  requireConsent({ host: { action: 'none' } }, undefined);
});
