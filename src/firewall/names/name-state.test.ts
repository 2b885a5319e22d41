import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SUBNETS, USUAL_SUBNETS } from '../../quarantine/subnets.ts';
import type { Answers } from '../../sys/names/resolver.ts';
import { failureOf, heard, inUse, KEEP_MS, standIn } from './name-state.ts';

const AT = 1_000_000_000_000;
const good = heard(undefined, { v4: ['192.0.2.1'], v6: [] }, AT);

const cases: [title: string, answers: Answers, laterMs: number, white: string[], black: string[], code?: string][] = [
  ['another answer counts', { v4: ['192.0.2.2'], v6: [] }, 1, ['192.0.2.2'], ['192.0.2.2']],
  ['silence keeps the last answer', silent(), 1, ['192.0.2.1'], ['192.0.2.1'], 'no-answer'],
  ['… for seven days', silent(), KEEP_MS, ['192.0.2.1'], ['192.0.2.1'], 'no-answer'],
  ['… and no longer, where it would open', silent(), KEEP_MS + 1, [], ['192.0.2.1'], 'no-answer'],
  ['a clock set back does not prolong that', silent(), -KEEP_MS - 1, [], ['192.0.2.1'], 'no-answer'],
  ['a name that is gone opens nothing', gone(), 1, [], ['192.0.2.1'], 'no-such-name'],
  ['nor does one without addresses', { v4: [], v6: [] }, 1, [], ['192.0.2.1'], 'no-addresses'],
  ['one that points inside', { v4: ['192.0.2.2', '127.0.0.1'], v6: [] }, 1, [], ['192.0.2.1'], 'points-inside'],
];

function silent(): Answers {
  return { v4: 'no-answer', v6: 'no-answer' };
}

function gone(): Answers {
  return { v4: 'no-such-name', v6: 'no-such-name' };
}

for (const [title, answers, laterMs, white, black, code] of cases) {
  test(title, () => {
    const now = AT + laterMs;
    const state = heard(good, answers, now);

    assert.deepEqual(inUse(state.v4, 'whitelist', now), white);
    assert.deepEqual(inUse(state.v4, 'blacklist', now), black);
    assert.equal(failureOf(state)?.code, code);
    assert.deepEqual(standIn(state, now), code === undefined ? [] : white);
  });
}

test('a failure counts from its beginning', () => {
  const first = heard(good, silent(), AT + 5);
  const second = heard(first, { v4: 'refused', v6: 'refused' }, AT + 9);

  assert.deepEqual(failureOf(second), { code: 'refused', since: AT + 5 });
});

test('a machine’s own links are inside for it, and an organisation’s servers for everybody else', () => {
  const answers = { v4: ['10.77.0.5'], v6: ['fd21:3:5::5'] };
  const others = { ...USUAL_SUBNETS, guest4: SUBNETS.guest4[1], uplinks6: SUBNETS.uplinks6[1] };

  assert.equal(failureOf(heard(undefined, answers, AT, USUAL_SUBNETS))?.code, 'points-inside');
  for (const subnets of [others, {}]) assert.equal(failureOf(heard(undefined, answers, AT, subnets)), undefined);
});
