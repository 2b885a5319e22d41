import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAnswer, parseRequest } from './protocol.ts';

const GOOD = { v: 1, id: '12-3.4', cmd: 'nq-set', dry: false, descriptor: 'os=winxp-sp2,ie=6.0 "x"' };

test('a request is read with its descriptor as it was written', () => {
  assert.deepEqual(parseRequest(JSON.stringify(GOOD)), GOOD);
});

test('a guest that is up says so, with the outcome of its health command', () => {
  const hello = { v: 1, id: '1-2', cmd: 'hello', healthy: false };

  assert.deepEqual(parseRequest(JSON.stringify(hello)), hello);
});

test('what a guest speaks through, and asking for the time, are understood', () => {
  const hello = { v: 1, id: '1-2', cmd: 'hello', healthy: true, port: 'serial' };
  const clock = { v: 1, id: '1-3', cmd: 'clock' };

  assert.deepEqual(parseRequest(JSON.stringify(hello)), hello);
  assert.deepEqual(parseRequest(JSON.stringify(clock)), clock);
});

const BAD: [title: string, line: string | undefined, id: string][] = [
  ['a line that was too long', undefined, ''],
  ['no JSON', 'nq-set 0x1', ''],
  ['another version', JSON.stringify({ ...GOOD, v: 2 }), GOOD.id],
  ['another command', JSON.stringify({ ...GOOD, cmd: 'reboot' }), GOOD.id],
  ['an unknown key', JSON.stringify({ ...GOOD, also: 1 }), GOOD.id],
  ['a greeting without its outcome', JSON.stringify({ v: 1, id: '1-2', cmd: 'hello' }), '1-2'],
  ['a port there is none of', JSON.stringify({ v: 1, id: '1-2', cmd: 'hello', healthy: true, port: 'com1' }), '1-2'],
  ['an empty descriptor', JSON.stringify({ ...GOOD, descriptor: '' }), GOOD.id],
  ['a descriptor of 1025 characters', JSON.stringify({ ...GOOD, descriptor: 'x'.repeat(1025) }), GOOD.id],
  ['a descriptor with a control character', JSON.stringify({ ...GOOD, descriptor: 'a\u0007' }), GOOD.id],
  ['an id that could be mistaken', JSON.stringify({ ...GOOD, id: 'a"b' }), ''],
];

for (const [title, line, id] of BAD) {
  test(`${title} is refused, and answered where it has an id`, () => {
    const parsed = parseRequest(line);

    assert.ok('problem' in parsed);
    assert.equal(parsed.id, id);
  });
}

test('whatever a guest sends is a request or a problem, never an exception', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (line) => void parseRequest(line)));
});

test('an answer is one line of plain characters, whatever the reason', () => {
  fc.assert(
    fc.property(fc.string(), fc.boolean(), (reason, ok) => {
      const line = formatAnswer({ id: '1', ok, reason });
      assert.match(line, /^\{"id":"1","ok":(true|false),"reason":"[\x20\x21\x23-\x5b\x5d-\x7e]*"\}\n$/);
    }),
  );
});

test('what typography and Latin letters are in ASCII reaches the guest, not question marks', () => {
  const reason = 'the version “Büro – 2026‑11…” is older than this machine’s';

  const line = formatAnswer({ id: '1', ok: false, reason });

  assert.equal(JSON.parse(line).reason, "the version 'Buro - 2026-11...' is older than this machine's");
});
