import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { parseYaml } from './yaml-file.ts';

const SCHEMA = z.strictObject({ format: z.literal(1), name: z.string().optional() });
const problems = (text: string) => parseYaml(text, SCHEMA).problems.map(({ message }) => message);

test('one document is read, however its beginning and end are marked', () => {
  for (const text of [
    'format: 1\nname: a\n',
    '---\nformat: 1\nname: a\n',
    '%YAML 1.2\n---\nformat: 1\nname: a\n...\n',
    '# why\r\nformat: 1\r\nname: a\r\n',
    '\uFEFFformat: 1\nname: a\n',
  ])
    assert.deepEqual(parseYaml(text, SCHEMA), { value: { format: 1, name: 'a' }, problems: [] }, JSON.stringify(text));
});

test('what stands behind the first document is not passed over: the file is refused', () => {
  for (const text of [
    'format: 1\n---\nname: a\n',
    '---\nformat: 1\n---\nformat: 1\n',
    'format: 1\n...\n---\nname: a\n',
  ]) {
    const [first = '', ...others] = problems(text);
    assert.match(first, /“---” with another document behind it/, JSON.stringify(text));
    assert.deepEqual(others, []);
  }
});

test('a key twice, an alias and a tag are refused', () => {
  for (const text of ['format: 1\nformat: 1\n', 'format: &a 1\nname: *a\n', 'format: 1\nname: !secret a\n'])
    assert.equal(problems(text).length, 1, JSON.stringify(text));
});
