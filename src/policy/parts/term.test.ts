import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Expiration } from '../expiration.ts';
import { expireTime, limitOf, renewedEnd, type TermFacts, termOf } from './term.ts';

/** A moment as this computer’s clock shows it. */
const at = (text: string) => new Date(text).getTime();
const DAYS = Expiration.parse({ type: 'days', days: 30, message: 'It is over.' });
const DATE = Expiration.parse({ type: 'date', date: '2026-12-24', message: 'It is over.' });
const WARNED = Expiration.parse({
  ...{ type: 'date', date: '2026-12-24' },
  warning: { before: '3d', message: 'It will be over.' },
});
const installed: TermFacts = { startedAt: at('2026-11-28T15:00') };

const ENDS: [title: string, expiration: Expiration, facts: TermFacts, last: string, first: string][] = [
  [
    'fact 28: a date is usable all of that day, not on the next',
    DATE,
    installed,
    '2026-12-24T23:59:59.999',
    '2026-12-25T00:00',
  ],
  [
    'fact 28: also where nothing counts days',
    DATE,
    { startedAt: undefined },
    '2026-12-24T23:59:59.999',
    '2026-12-25T00:00',
  ],
  ['fact 29: days count from the day of installation', DAYS, installed, '2026-12-28T23:59:59.999', '2026-12-29T00:00'],
  [
    'fact 3: a renewal gives another end',
    DAYS,
    { ...installed, renewal: { of: 'days 30', at: at('2026-12-01'), endsAt: at('2027-02-01T00:00') } },
    '2027-01-31T23:59:59.999',
    '2027-02-01T00:00',
  ],
  [
    'fact 3: a renewal of another limit is none, for the policy has changed',
    DAYS,
    { ...installed, renewal: { of: 'days 20', at: at('2026-12-01'), endsAt: at('2027-02-01T00:00') } },
    '2026-12-28T23:59:59.999',
    '2026-12-29T00:00',
  ],
  [
    'D36: a replacement after the renewal counts anew',
    DAYS,
    {
      startedAt: at('2026-12-02T08:00'),
      renewal: { of: 'days 30', at: at('2026-12-01'), endsAt: at('2026-12-05T00:00') },
    },
    '2027-01-01T23:59:59.999',
    '2027-01-02T00:00',
  ],
  [
    'a replacement does not take from a date what was added to it',
    DATE,
    {
      startedAt: at('2026-12-26'),
      renewal: { of: 'date 2026-12-24', at: at('2026-12-25'), endsAt: at('2027-01-08T00:00') },
    },
    '2027-01-07T23:59:59.999',
    '2027-01-08T00:00',
  ],
];

for (const [title, expiration, facts, last, first] of ENDS) {
  test(title, () => {
    assert.notEqual(termOf(expiration, facts, at(last)).state, 'expired');
    assert.equal(termOf(expiration, facts, at(first)).state, 'expired');
  });
}

test('days are whole days of this computer, whatever the hour and the change of summer time', (t) => {
  const before = process.env['TZ'];
  t.after(() => {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });
  for (const zone of ['Europe/Berlin', 'America/New_York', 'Pacific/Kiritimati', 'UTC']) {
    process.env['TZ'] = zone;
    const one = Expiration.parse({ type: 'days', days: 1 });
    for (const hour of ['00:00', '12:00', '23:59']) {
      const facts = { startedAt: at(`2026-10-24T${hour}`) };
      assert.notEqual(termOf(one, facts, at('2026-10-25T23:59:59')).state, 'expired', `${zone} ${hour}`);
      assert.equal(termOf(one, facts, at('2026-10-26T00:00')).state, 'expired', `${zone} ${hour}`);
    }
  }
});

test('fact 31: the warning appears at its lead time and not before', () => {
  const state = (moment: string) => termOf(WARNED, installed, at(moment));

  assert.equal(state('2026-12-21T23:59:59.999').state, 'valid');
  assert.equal(state('2026-12-21T23:59:59.999').message, undefined);
  assert.deepEqual(
    [state('2026-12-22T00:00').state, state('2026-12-22T00:00').message],
    ['warned', 'It will be over.'],
  );
  assert.equal(state('2026-12-24T23:59').state, 'warned');
});

test('fact 30: the administrator’s text is said once it is over', () => {
  assert.equal(termOf(DATE, installed, at('2026-12-24T12:00')).message, undefined);
  assert.equal(termOf(DATE, installed, at('2026-12-25T00:00')).message, 'It is over.');
});

test('the days that are left are those after today', () => {
  assert.equal(termOf(DATE, installed, at('2026-12-20T23:00')).daysLeft, 4);
  assert.equal(termOf(DATE, installed, at('2026-12-24T01:00')).daysLeft, 0);
  assert.equal(termOf(DATE, installed, at('2027-12-24T01:00')).daysLeft, 0);
});

test('what never expires has no end', () => {
  assert.deepEqual(termOf({ type: 'never' }, installed, at('2126-01-01')), { state: 'valid' });
  assert.deepEqual(
    termOf(DAYS, { startedAt: undefined }, at('2126-01-01')),
    { state: 'valid' },
    'in preview no days count',
  );
});

const NOW = at('2026-11-28T15:00');
const WORDS: [word: string, end: number | null | undefined | 'void'][] = [
  ['0', undefined],
  ['-1', null],
  ['1', at('2026-11-30T00:00')],
  ['30', at('2026-12-29T00:00')],
  ['32767', new Date(2026, 10, 28 + 32768).getTime()],
  ['32768', new Date(new Date(32768_000).setHours(24, 0, 0, 0)).getTime()],
  [`${at('2027-01-05T10:00') / 1000}`, at('2027-01-06T00:00')],
  [`${at('2027-01-05T00:00') / 1000}`, at('2027-01-05T00:00')],
  ['', 'void'],
  ['-2', 'void'],
  ['+5', 'void'],
  ['05', 'void'],
  ['5 ', 'void'],
  ['5.5', 'void'],
  ['1e3', 'void'],
  ['YES', 'void'],
  ['9999999999999', 'void'],
];

for (const [word, end] of WORDS) {
  test(`fact 72: a renewal of “${word}” ends ${end === null ? 'never' : `at ${end}`}`, () => {
    assert.equal(renewedEnd(word, NOW), end);
  });
}

test('fact 72: 32768 has expired, 32767 are days', () => {
  const renewed = (word: string) => ({ of: limitOf(DAYS), at: NOW, endsAt: renewedEnd(word, NOW) as number });

  assert.equal(termOf(DAYS, { ...installed, renewal: renewed('32768') }, NOW).state, 'expired');
  assert.equal(termOf(DAYS, { ...installed, renewal: renewed('32767') }, NOW).state, 'valid');
});

test('plug-ins are told the end in seconds, -1 for never, 0 once it is over', () => {
  assert.equal(expireTime({ state: 'valid' }), '-1');
  assert.equal(expireTime(termOf(DATE, installed, NOW)), `${at('2026-12-25T00:00') / 1000}`);
  assert.equal(expireTime(termOf(DATE, installed, at('2027-01-01'))), '0');
});
