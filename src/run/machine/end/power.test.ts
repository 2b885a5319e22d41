import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MachinePolicy, type PolicyDocument } from '../../../policy/schema.ts';
import { requirePower } from './power.ts';

const document = (more: object): PolicyDocument => ({
  ...{ format: 1, project: '0'.repeat(64), vm: 'office', vmId: '7d7f1d3c-6a4f-4b52-9c2e-0b6a2f1f6a10', serial: 0 },
  policy: MachinePolicy.parse({ format: 1, ...more }),
});

const ROWS: [title: string, policy: object, stands: boolean, isRefused: boolean][] = [
  ['without a word in the policy', {}, false, false],
  ['where the policy has them', { troubleshooting: { power: true } }, false, false],
  ['where the policy withholds them', { troubleshooting: { power: false } }, false, true],
  ['the same where the guest stands still', { troubleshooting: { power: false } }, true, false],
];

for (const [title, policy, stands, isRefused] of ROWS) {
  test(`fact 37: power commands ${title} are ${isRefused ? 'refused' : 'the user’s'}`, () => {
    const asked = () => requirePower(document(policy), 'reset', { stands });
    if (isRefused)
      assert.throws(asked, { code: 'POWER_FORBIDDEN', message: /does not let office be reset by its user$/ });
    else asked();
  });
}

test('who asked to shut down is told why that was not enough', () => {
  const policy = document({ troubleshooting: { power: false } });
  assert.throws(
    () => requirePower(policy, 'powered off', { why: 'its guest did not shut down in 30 s', stands: false }),
    {
      message:
        'the project does not let office be powered off by its user, although its guest did not shut down in 30 s',
    },
  );
});
