import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeValue, valueText } from './edit-value.ts';

const ROWS: [title: string, before: unknown, words: string[], after: unknown][] = [
  ['settings are set, the others stay', { enabled: true, most: 4 }, ['most=8'], { enabled: true, most: 8 }],
  ['a policy that was not there begins with them', undefined, ['enabled=true', 'most=4'], { enabled: true, most: 4 }],
  ['text is text', undefined, ['healthTimeout=5m'], { healthTimeout: '5m' }],
  ['a text may hold what parts names from values', undefined, ['message=a=b'], { message: 'a=b' }],
  ['a policy that is one value', false, ['true'], true],
  ['nothing said', { most: 4 }, [], undefined],
  ['a word without a name beside others', undefined, ['enabled=true', 'four'], undefined],
  ['a name that is none', undefined, ['no name=1'], undefined],
];

for (const [title, before, words, after] of ROWS)
  test(`what words of a command line make of a policy: ${title}`, () =>
    assert.deepEqual(changeValue(before, words), after));

test('a policy is shown as the words that set it', () => {
  assert.equal(valueText({ enabled: true, most: 4, healthTimeout: '5m' }), 'enabled=true most=4 healthTimeout=5m');
  assert.deepEqual([valueText(true), valueText(undefined)], ['true', 'not set']);
});
