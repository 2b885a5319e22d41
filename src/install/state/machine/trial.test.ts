import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeTrial, type Trial, type TrialDecision } from './trial.ts';

const trial = (starts: number, failed?: string): Trial => ({
  format: 1,
  keepOld: false,
  starts,
  ...(failed === undefined ? {} : { failed }),
});
const CURRENT: TrialDecision = { start: 'current' };
const late = 'its guest did not say hello within 5m';

const ROWS: [title: string, trial: Trial | undefined, canGoBack: boolean, decision: TrialDecision][] = [
  ['one that has proved itself', undefined, true, CURRENT],
  ['one at its first start', trial(0), true, CURRENT],
  ['one at its third start', trial(2), true, CURRENT],
  [
    'one that was started three times in vain',
    trial(3),
    true,
    { start: 'former', reason: 'it was started 3 times and never reported itself healthy' },
  ],
  ['one that was given up', trial(1, late), true, { start: 'former', reason: late }],
  ['one that was given up, with nothing to go back to', trial(1, late), false, CURRENT],
  ['one started three times, with nothing to go back to', trial(3), false, CURRENT],
];

for (const [title, state, canGoBack, decision] of ROWS) {
  test(`${title}: the next start uses the ${decision.start} system`, () => {
    assert.deepEqual(judgeTrial(state, canGoBack), decision);
  });
}
