import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { causesOf, withoutSecrets } from './causes.ts';
import { AppError, failureOf } from './errors.ts';

function chain(...texts: string[]): Error {
  const [first = '', ...others] = texts;
  return new Error(first, others.length > 0 ? { cause: chain(...others) } : {});
}

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

const longest = 'x'.repeat(1000);
const circle = new Error('one');
circle.cause = new Error('two', { cause: circle });

const rows: [title: string, error: unknown, causes: string[]][] = [
  ['a failure without a cause has none', new AppError('FILE_MISSING', 'it is not there'), []],
  ['causes stand from the nearest to the first', chain('a', 'b', 'c'), ['b', 'c']],
  ['a cause with a code says it', new Error('a', { cause: new AppError('DISK_FULL', 'b') }), ['DISK_FULL: b']],
  ['what was said already is left out', chain('cannot read x: no such file', 'no such file', 'why'), ['why']],
  ['there are four at most', chain('0', '1', '2', '3', '4', '5', '6'), ['1', '2', '3', '4']],
  ['each is one line', chain('a', 'first\n    at code.js:1\nsecond'), ['first']],
  ['each is short', chain('a', longest), [`${'x'.repeat(199)}…`]],
  ['a circle ends', circle, ['two']],
  ['of several the first counts', new AggregateError([chain('b', 'c')], 'a'), ['b', 'c']],
  [
    'what Node says of every request is left out',
    new Error('a', { cause: new TypeError('fetch failed', { cause: new Error('b') }) }),
    ['b'],
  ],
  [
    'a schema’s refusal names its fields',
    new Error('a', { cause: z.object({ memory: z.object({ size: z.int() }) }).safeParse({ memory: {} }).error }),
    ['memory.size: Invalid input: expected number, received undefined'],
  ],
  [
    'no password of an address is told',
    chain('a', 'cannot reach https://ann:s3cret@files.example/b?sig=abc now', 'ldaps://a:b@c@d.example/'),
    ['cannot reach https://files.example/b?… now', 'ldaps://d.example/'],
  ],
  [
    'what a file holds is not told',
    new Error('a', { cause: thrown(() => JSON.parse('{"password": "s3cret" nonsense')) }),
    ["Expected ',' or '}' after property value in JSON at position 22 (line 1 column 23)"],
  ],
  [
    'nor what a program was given',
    new Error('a', {
      cause: Object.assign(new Error('Command failed with exit code 1: open --password s3cret'), {
        name: 'ExecaError',
      }),
    }),
    ['Command failed with exit code 1'],
  ],
  [
    'nor a piece of it',
    new Error('a', { cause: thrown(() => JSON.parse('s3cret and more of it')) }),
    ["Unexpected token 's'"],
  ],
];
for (const [title, error, causes] of rows) {
  test(title, () => assert.deepEqual(causesOf(error), causes));
}

test('a failure names its log where it has one, and a bug tells no password', () => {
  const failed = failureOf(new AppError('VM_FAILED', 'QEMU ended', { details: { log: '/var/log/qemu.log' } }));
  const bug = failureOf(new Error('no https://ann:s3cret@files.example/'));

  assert.equal(failed.log, '/var/log/qemu.log');
  assert.deepEqual([bug.code, bug.reason], ['INTERNAL', 'no https://files.example/']);
});

test('an address without a password stays as it is', () => {
  const text = 'see https://files.example/a@b and mail ann@files.example';

  assert.equal(withoutSecrets(text), text);
});
