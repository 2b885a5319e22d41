import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClockEvidence, clockDoubt } from './signing-clock.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-28T12:00:00Z');
const usual: ClockEvidence = {
  now: NOW,
  released: [NOW - 2 * DAY],
  founded: [NOW - 400 * DAY],
  files: [],
  servers: [],
};
const server = (at: number) => ({ name: 'www.example', at });

const cases: [title: string, evidence: Partial<ClockEvidence>, code: string | undefined][] = [
  ['a project that was signed two days ago', {}, undefined],
  ['a project that was made just now', { released: [], founded: [NOW] }, undefined],
  ['a clock two years ahead of all signatures', { now: NOW + 730 * DAY }, 'CLOCK_CONFIRM'],
  [
    'a clock two years ahead, a file written by it',
    { now: NOW + 730 * DAY, files: [NOW + 730 * DAY] },
    'CLOCK_CONFIRM',
  ],
  [
    'a first signature two years after the project was made',
    { released: [], founded: [NOW - 730 * DAY] },
    'CLOCK_CONFIRM',
  ],
  ['an idle project, with a file of last week', { released: [NOW - 60 * DAY], files: [NOW - 7 * DAY] }, undefined],
  [
    'an idle project, and a server that agrees',
    { released: [NOW - 60 * DAY], servers: [server(NOW - 3000)] },
    undefined,
  ],
  ['a server that says another day', { servers: [server(NOW - 3 * DAY)] }, 'CLOCK_CONFIRM'],
  ['one server of two that says another day', { servers: [server(NOW), server(NOW + 3 * DAY)] }, 'CLOCK_CONFIRM'],
  ['a file of next week', { files: [NOW + 7 * DAY] }, 'CLOCK_CONFIRM'],
  ['a clock an hour behind the last signature', { released: [NOW + 3_600_000] }, undefined],
  ['a signature of two years ahead', { released: [NOW - DAY, NOW + 730 * DAY] }, 'CLOCK_SIGNED_AHEAD'],
  ['the same, and a server that agrees', { released: [NOW + 730 * DAY], servers: [server(NOW)] }, 'CLOCK_SIGNED_AHEAD'],
];
for (const [title, evidence, code] of cases)
  test(`${title}: ${code ?? 'no doubt'}`, () => assert.equal(clockDoubt({ ...usual, ...evidence })?.code, code));

test('a doubt says both days and where the other one is from; the way back is a command', () => {
  const doubt = clockDoubt({ ...usual, servers: [server(NOW - 3 * DAY)] });
  assert.match(doubt?.message ?? '', /2026-11-28.*www\.example.*2026-11-25/);
  const ahead = clockDoubt({ ...usual, released: [NOW + 730 * DAY] });
  assert.match(ahead?.hint ?? '', /lazaret-manager keys rotate release policy/);
});
