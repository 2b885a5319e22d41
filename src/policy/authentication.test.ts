import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Authentication, passwordProblems } from './authentication.ts';

const rules = (more: object) => {
  const authentication = Authentication.parse({ type: 'password', ...more });
  assert.ok(authentication.type === 'password');
  return authentication;
};

const FACT_26 = { minimumLength: 8, contents: ['capitals', 'numerals'] };
const ROWS: [password: string, rules: object, problems: RegExp[]][] = [
  ['abcdefgh', FACT_26, [/capital/, /numeral/]],
  ['ABCdefgh', FACT_26, [/numeral/]],
  ['Abcdefg1', FACT_26, []],
  ['Abcdef1', FACT_26, [/at least 8 characters/]],
  ['', {}, [/at least 1 character$/]],
  [' ', {}, []],
  ['Äöü٣', { contents: ['capitals', 'lowercase', 'numerals'] }, []],
  ['👍👍👍', { minimumLength: 4 }, [/at least 4/]],
  ['€', { contents: ['symbols'] }, []],
  ['a b', { contents: ['symbols'] }, [/symbol/]],
];
for (const [password, more, expected] of ROWS) {
  test(`fact 26: “${password}” under ${JSON.stringify(more)}: ${expected.length} problems`, () => {
    const problems = passwordProblems(rules(more), password);
    assert.equal(problems.length, expected.length);
    for (const [at, words] of expected.entries()) assert.match(problems[at] ?? '', words);
  });
}

for (const [entry, isAccount] of [
  ['alice', true],
  ['Domain Admins', true],
  ['a.b@acme.example', true],
  ['müller (extern)', true],
  ['S-1-5-21-1-2-3-1104', true],
  ['ACME\\alice', false],
  ['CN=alice,DC=acme', false],
  ['*', false],
  ['', false],
  ['a\nb', false],
] as const)
  test(`“${entry}” is ${isAccount ? 'an' : 'no'} account of a list`, () => {
    const listed = Authentication.safeParse({ type: 'users-and-groups', users: [entry], offline: '14d' });
    assert.equal(listed.success, isAccount);
  });

test('without the domain for as long as a duration says, and no longer than a year', () => {
  for (const offline of ['0s', '367d', 'for ever', '-1d', 14])
    assert.ok(!Authentication.safeParse({ type: 'users-and-groups', offline }).success, `${offline}`);
});
