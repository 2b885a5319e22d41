import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typed } from './us-keyboard.ts';

test('a command is typed by the places of its keys, with Shift where a US keyboard wants it', () => {
  const { strokes, missing } = typed('vmware-guestd --cmd "nq-set 0xAC98"\n');
  assert.deepEqual(missing, []);
  assert.equal(strokes.length, 36);
  assert.deepEqual(strokes[6], { code: 'Minus', isShifted: false, keysym: 45 });
  assert.deepEqual(strokes[20], { code: 'Quote', isShifted: true, keysym: 34 });
  assert.deepEqual(strokes.at(-1), { code: 'Enter', isShifted: false, keysym: 0xff0d });
});

test('every printable character of ASCII has its key; another is named, not left out in silence', () => {
  const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
  assert.equal(typed(printable).strokes.length, 95);
  assert.equal(new Set(typed(printable).strokes.map(({ code, isShifted }) => `${code} ${isShifted}`)).size, 95);
  assert.deepEqual(typed('naïve ï').missing, ['ï']);
});
