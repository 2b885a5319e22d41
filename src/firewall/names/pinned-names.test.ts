import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heard, KEEP_MS, type NameState } from './name-state.ts';
import { pinnedAnswer, pinnedMappings } from './pinned-names.ts';

const NOW = 1_800_000_000_000;
const SYNTHETIC = { 4: ['198.18.0.4', '198.18.0.5', '198.18.0.6'], 6: ['fd77:1::4', 'fd77:1::5', 'fd77:1::6'] };
const KNOWN = heard(undefined, { v4: ['192.0.2.1', '192.0.2.2'], v6: [] }, NOW);

const ROWS: [title: string, state: NameState | undefined, answer: readonly string[]][] = [
  ['not yet looked up', undefined, SYNTHETIC[4]],
  ['of one family', KNOWN, SYNTHETIC[4]],
  ['of both', heard(undefined, { v4: ['192.0.2.1'], v6: ['2001:db8::1'] }, NOW), [...SYNTHETIC[4], ...SYNTHETIC[6]]],
  ['whose resolvers are away', heard(KNOWN, { v4: 'no-answer', v6: 'no-answer' }, NOW), SYNTHETIC[4]],
  ['that is gone', heard(KNOWN, { v4: 'no-such-name', v6: 'no-such-name' }, NOW), []],
  ['that points inside', heard(undefined, { v4: ['127.0.0.1'], v6: [] }, NOW), []],
];

for (const [title, state, answer] of ROWS) {
  test(`a guest is told of a pinned name ${title}: ${answer.length} addresses`, () => {
    const states = new Map(state ? [['a.example', state]] : []);

    assert.deepEqual(pinnedAnswer(SYNTHETIC, state, NOW), answer);
    const { 4: four, 6: six } = pinnedMappings(new Map([['a.example', SYNTHETIC]]), states, NOW);
    assert.deepEqual(
      [...four, ...six].map((element) => element.split(' : ')[0]),
      state ? answer : [],
      'what is told leads somewhere, and nothing else does',
    );
  });
}

test('its addresses lead to all that the name stands for, in turn', () => {
  const { 4: mappings } = pinnedMappings(new Map([['a.example', SYNTHETIC]]), new Map([['a.example', KNOWN]]), NOW);

  assert.deepEqual(mappings, ['198.18.0.4 : 192.0.2.1', '198.18.0.5 : 192.0.2.2', '198.18.0.6 : 192.0.2.1']);
});

test('an answer that is too old leads nowhere', () => {
  const away = heard(KNOWN, { v4: 'no-answer', v6: 'no-answer' }, NOW);

  assert.deepEqual(pinnedAnswer(SYNTHETIC, away, NOW + KEEP_MS + 1), []);
});
