import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { heard, spoken } from './spoken.ts';

const LETTERS = [...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'];

const bytes = fc
  .integer({ min: 1, max: 16 })
  .chain((pairs) => fc.uint8Array({ minLength: 5 * pairs, maxLength: 5 * pairs }));

/** Some bytes, what is read out for them, and a number to choose a place by. */
const saying = fc.tuple(bytes, fc.nat()).map(([said, at]) => ({ said, letters: lettersOf(spoken(said)), at }));

function lettersOf(text: string): string[] {
  return [...text.replaceAll(' ', '')];
}

function isFound(letters: readonly string[], said: Uint8Array): boolean {
  return 'problem' in heard(letters.join(''), said.length);
}

test('what is read out is what was said, also in small letters, with hyphens, and with letters that look alike', () => {
  fc.assert(
    fc.property(bytes, (said) => {
      const text = spoken(said);
      const sloppy = text.toLowerCase().replaceAll(' ', '-').replaceAll('0', 'o').replaceAll('1', 'l');
      assert.deepEqual(heard(text, said.length), { bytes: said });
      assert.deepEqual(heard(sloppy, said.length), { bytes: said });
    }),
  );
});

test('any single wrong letter is found, and its group is named', () => {
  fc.assert(
    fc.property(saying, ({ said, letters, at }) => {
      const place = at % letters.length;
      for (const wrong of LETTERS.filter((letter) => letter !== letters[place])) {
        const text = letters.with(place, wrong).join('');
        assert.deepEqual(heard(text, said.length), { problem: 'group', group: Math.floor(place / 5) + 1 });
      }
    }),
  );
});

test('any two neighbours that changed places are found, across groups too', () => {
  fc.assert(
    fc.property(saying, ({ said, letters }) => {
      for (const [place, letter] of letters.entries()) {
        const next = letters[place + 1];
        if (next === undefined || next === letter) continue;
        assert.ok(isFound(letters.with(place, next).with(place + 1, letter), said), `at ${place}`);
      }
    }),
  );
});

test('groups that changed places are found, also where they say the same', () => {
  fc.assert(
    fc.property(saying, fc.nat(), ({ said, at }, other) => {
      const groups = spoken(said).split(' ');
      const [one, two] = [at % groups.length, other % groups.length];
      fc.pre(one !== two);
      const changed = groups.with(one, groups[two] ?? '').with(two, groups[one] ?? '');
      assert.ok(isFound(changed, said));
    }),
  );
});

test('a group too few or too many, a letter that is none and a page of text are told apart', () => {
  const text = spoken(new Uint8Array(10));
  assert.deepEqual(heard(text.slice(6), 10), { problem: 'length', groups: 4 });
  assert.deepEqual(heard(`${text} 00000`, 10), { problem: 'length', groups: 4 });
  assert.deepEqual(heard(text.replace('0', 'u'), 10), { problem: 'letter', letter: 'U' });
  assert.deepEqual(heard(text.repeat(1000), 10), { problem: 'length', groups: 4 });
});
