import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEntry } from '../../policy/parts/access-entry.ts';
import { type AccessList, EVERYTHING, NOTHING } from '../../quarantine/lists/access-list.ts';
import { USUAL_SUBNETS } from '../../quarantine/subnets.ts';
import { carriedNames } from './carried-names.ts';
import { helperConfig, writtenSets } from './dns-config.ts';

type Lists = { normal: AccessList; restricted: AccessList };

function list(mode: AccessList['mode'], ...texts: string[]): AccessList {
  const entries = texts.map((text) => parseEntry(text)).filter((entry) => typeof entry !== 'string');
  return { mode, entries, exceptions: new Set() };
}

const black = (...names: string[]): Lists => ({ normal: list('blacklist', ...names), restricted: NOTHING });
const white = (...names: string[]): Lists => ({ normal: EVERYTHING, restricted: list('whitelist', ...names) });

/** What the first set of the old lists has, which the service has not heard of; `heard.test` it has. */
const HELD = new Map([
  ['192.0.2.1', 900],
  ['192.0.2.2', 30],
]);
const known = (name: string) => (name === 'heard.test' ? ['192.0.2.1'] : []);

function carriedBetween(old: Lists, next: Lists, key: keyof Lists): Record<string, string[]> {
  const guest = {
    macs: ['52:54:00:aa:bb:01'],
    digest: 'aaaaaaaa',
    lists: old,
    isForwarded: true,
    subnets: USUAL_SUBNETS,
  };
  const written = writtenSets(
    (['normal', 'restricted'] as const).map((one) => helperConfig({ ...guest, list: one, answers: new Map() })),
  );
  const held = new Map([[`${key}_aaaaaaaa_n0_4`, HELD]]);
  const carried = carriedNames({ written, held, known }, next, 'bbbbbbbb');
  return Object.fromEntries([...carried].map(([set, elements]) => [set, [...elements].map(([at, s]) => `${at} ${s}`)]));
}

const BOTH = ['192.0.2.1 900', '192.0.2.2 30'];
const ROWS: [what: string, key: keyof Lists, old: Lists, next: Lists, carried: Record<string, string[]>][] = [
  ['a blacklist that grows', 'normal', black('a.test'), black('a.test', 'b.test'), { normal_bbbbbbbb_n0_4: BOTH }],
  [
    'one that shrinks: it may be the other’s',
    'normal',
    black('a.test', 'b.test'),
    black('b.test'),
    { normal_bbbbbbbb_n0_4: BOTH },
  ],
  ['one with nothing in common', 'normal', black('a.test'), black('b.test'), {}],
  [
    'one whose name is closed for another kind of traffic now',
    'normal',
    black('a.test'),
    black('0.test', 'a.test tcp 80'),
    { normal_bbbbbbbb_n1_4: BOTH },
  ],
  [
    'what the service has heard of',
    'normal',
    black('a.test', 'heard.test'),
    black('a.test'),
    { normal_bbbbbbbb_n0_4: ['192.0.2.2 30'] },
  ],
  [
    'a whitelist that grows',
    'restricted',
    white('a.test'),
    white('a.test', 'b.test'),
    { restricted_bbbbbbbb_n0_4: BOTH },
  ],
  ['one that shrinks: it may be the name’s that is gone', 'restricted', white('a.test', 'b.test'), white('b.test'), {}],
  ['a whitelist from a blacklist, which has what is below its names', 'normal', black('a.test'), white('a.test'), {}],
  ['a blacklist from a whitelist', 'restricted', white('a.test'), black('a.test'), { normal_bbbbbbbb_n0_4: BOTH }],
];

for (const [what, key, old, next, expected] of ROWS) {
  test(`a change of lists carries over, or not, what a guest alone was told: ${what}`, () => {
    assert.deepEqual(carriedBetween(old, next, key), expected);
  });
}
