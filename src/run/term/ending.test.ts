import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ending, type EndingStep, GRACE_MS, HOLD_MS, LAST_WARNING_MS, nextStep } from './ending.ts';

const T = 1_000_000_000;
const MINUTE = 60_000;

const STEPS: [title: string, leftMs: number, ending: Ending, now: number, step: EndingStep][] = [
  ['much time left', LAST_WARNING_MS + 1, {}, T, 'nothing'],
  ['no end at all', Number.POSITIVE_INFINITY, {}, T, 'nothing'],
  ['a quarter of an hour left', LAST_WARNING_MS, {}, T, 'warn'],
  ['warned, and time left', MINUTE, { warnedAt: T }, T + MINUTE, 'nothing'],
  ['over, and never warned: the end came suddenly', -1, {}, T, 'warn'],
  ['over, and just warned', -1, { warnedAt: T }, T + GRACE_MS - 1, 'nothing'],
  ['over, and long warned', 0, { warnedAt: T }, T + GRACE_MS, 'suspend'],
  ['over, and not to be suspended', 0, { warnedAt: T, isUnsaved: true }, T + GRACE_MS, 'press'],
  [
    'just pressed',
    -1,
    { warnedAt: T, isUnsaved: true, firstPressedAt: T + 6 * MINUTE, pressedAt: T + 6 * MINUTE },
    T + 7 * MINUTE,
    'nothing',
  ],
  [
    'pressed in vain',
    -1,
    { warnedAt: T, isUnsaved: true, firstPressedAt: T + GRACE_MS, pressedAt: T + GRACE_MS },
    T + GRACE_MS + 2 * MINUTE,
    'press',
  ],
  [
    'pressed in vain again and again',
    -1,
    { warnedAt: T, isUnsaved: true, firstPressedAt: T + GRACE_MS, pressedAt: T + GRACE_MS },
    T + GRACE_MS + HOLD_MS,
    'hold',
  ],
  ['held', -1, { warnedAt: T, firstPressedAt: T, pressedAt: T, isHeld: true }, T + 9e9, 'nothing'],
  [
    'held, and renewed',
    LAST_WARNING_MS + 1,
    { warnedAt: T, firstPressedAt: T, pressedAt: T, isHeld: true },
    T + 9e9,
    'release',
  ],
  [
    'held, and renewed for a moment',
    MINUTE,
    { warnedAt: T, firstPressedAt: T, pressedAt: T, isHeld: true },
    T + 9e9,
    'release',
  ],
  ['warned, and renewed', LAST_WARNING_MS + 1, { warnedAt: T }, T + MINUTE, 'release'],
];

for (const [title, leftMs, ending, now, step] of STEPS) {
  test(`D26, ${title}: ${step}`, () => assert.equal(nextStep(leftMs, ending, now), step));
}
