import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machineName } from './machine-name.ts';

test('machines get names that they can have, and each its own', () => {
  const table: [before: string, taken: string[], name: string][] = [
    ['Windows XP Professional', [], 'windows-xp-professional'],
    ['Büro (neu)', [], 'buro-neu'],
    ['office', ['office'], 'office-2'],
    ['Office!', ['office', 'office-2'], 'office-3'],
    ['日本', [], 'machine'],
    ['x'.repeat(60), ['x'.repeat(40)], `${'x'.repeat(38)}-2`],
    ['-a-', [], 'a'],
  ];
  for (const [before, taken, name] of table) assert.equal(machineName(before, new Set(taken)), name);
});
