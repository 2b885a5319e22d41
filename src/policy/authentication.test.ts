import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Authentication, passwordProblems, unenforcedAuthentication } from './authentication.ts';

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

test('a password and a script are enforced; what asks for accounts is not yet', () => {
  assert.deepEqual(unenforcedAuthentication({ authentication: rules({}) }), []);
  const script = Authentication.parse({ type: 'script', file: 'who.sh' });
  assert.deepEqual(unenforcedAuthentication({ authentication: script }), []);
  const accounts = Authentication.parse({ type: 'users-and-groups' });
  assert.deepEqual(unenforcedAuthentication({ authentication: accounts }), ['authentication.type']);
});
