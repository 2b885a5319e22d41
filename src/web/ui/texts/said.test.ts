import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERRORS } from '../../../lib/errors.ts';
import { ownCommand } from '../../../lib/own-command.ts';
import { whyOf } from '../../../quarantine/why.ts';
import { GERMAN } from './german.ts';
import { REASONS_DE } from './reasons.de.ts';
import { REMEDIES_DE } from './remedies.de.ts';
import { saidBy } from './said.ts';
import { SENTENCES_DE } from './sentences.de.ts';

const NEXT = { name: '2026-12', descriptor: '0x00000001' };

test('every error code has its remedy in German, and no text is for a code that is gone', () => {
  assert.deepEqual(Object.keys(REMEDIES_DE).sort(), Object.keys(ERRORS).sort());
  for (const [code, { hint }] of Object.entries(ERRORS)) {
    const german = saidBy(GERMAN).remedy({ code, remedy: hint });
    assert.notEqual(german, hint, code);
    assert.ok(german.length > 10, code);
    assert.equal(saidBy(undefined).remedy({ code, remedy: hint }), hint);
  }
});

test('what a remedy tells to type is the same in German', () => {
  for (const [code, { hint }] of Object.entries(ERRORS))
    for (const [, program] of hint.matchAll(/`(lazaret(?:-manager|d)? [a-z-]+)/g))
      assert.ok(REMEDIES_DE[code as keyof typeof ERRORS].includes(program as string), `${code}: ${program}`);
});

test('each program’s page says its own command alone, in German as in English', () => {
  const texts = Object.entries(ERRORS).flatMap(([code, { hint }]) => [
    [code, hint] as const,
    [code, REMEDIES_DE[code as keyof typeof ERRORS]] as const,
  ]);
  // Met by a machine of a project too, which no command of the administrator’s ends.
  const met = new Set(['SUSPEND_IMPOSSIBLE', 'VM_STANDS_STILL', 'PLUGIN_FAILED']);
  const isOfBoth = (text: string) => /lazaret /.test(text) && /lazaret-manager /.test(text);
  for (const [code, text] of texts.filter(([each, said]) => met.has(each) || isOfBoth(said))) {
    assert.doesNotMatch(ownCommand(text, 'lazaret'), /lazaret-manager|Proje[ck]t: /, code);
    assert.doesNotMatch(ownCommand(text, 'lazaret-manager'), /lazaret |proje[ck]t: /i, code);
  }
  const told = { code: 'PAGE_DENIED', remedy: '' };
  assert.equal(saidBy(GERMAN).remedy(told), 'Öffnen Sie die Seite neu: „lazaret open“.');
  const said = saidBy({ ...GERMAN, speaker: 'lazaret-manager' });
  assert.equal(said.remedy(told), 'Öffnen Sie die Seite neu: „lazaret-manager ui“.');
});

test('every reason of an access has its sentence in German, with the version that is due and the moment', () => {
  for (const [code, text] of Object.entries(REASONS_DE))
    assert.notEqual(text({ code, next: 'x' }, 'y') ?? (code === 'plugin-void' && 'its own'), false, code);
  const grace = whyOf({ access: 'normal', reason: 'grace', newer: NEXT, until: Date.UTC(2026, 11, 24, 12) });
  assert.match(saidBy(GERMAN).reason(grace, 'in English'), /bis 24\.12\.2026.*; die nächste ist 2026-12$/);
  const outdated = whyOf({ access: 'restricted', reason: 'outdated', due: NEXT });
  assert.equal(saidBy(GERMAN).reason(outdated, 'in English'), 'ihre Version ist zu alt; die nächste ist 2026-12');
  assert.equal(saidBy(undefined).reason(outdated, 'in English'), 'in English');
});

test('what a page does not know is said in the process’s own words', () => {
  const said = saidBy(GERMAN);
  assert.equal(said.remedy({ code: 'OF_TOMORROW', remedy: 'Wait.' }), 'Wait.');
  assert.equal(said.remedy({ code: 'toString', remedy: 'Wait.' }), 'Wait.');
  assert.deepEqual(said.failure({ code: 'OF_TOMORROW', reason: 'so it is' }), { text: 'so it is' });
  assert.deepEqual(said.failure({ code: 'toString', reason: 'so it is' }), { text: 'so it is' });
  assert.equal(said.reason({ code: 'constructor' }, 'so it is'), 'so it is');
  assert.equal(said.reason({ code: 'plugin-void' }, 'the plug-in was too slow'), 'the plug-in was too slow');
  assert.equal(said.reason(undefined, 'so it is'), 'so it is');
});

test('every error code has its sentence in German, another than its remedy', () => {
  assert.deepEqual(Object.keys(SENTENCES_DE).sort(), Object.keys(ERRORS).sort());
  for (const code of Object.keys(ERRORS)) {
    const { text, words } = saidBy(GERMAN).failure({ code, reason: 'so it is' });
    assert.ok(text.length > 10 && !/[{}]/.test(text) && !text.endsWith('.'), `${code}: ${text}`);
    assert.equal(words, 'so it is', code);
    assert.deepEqual(saidBy(undefined).failure({ code, reason: 'so it is' }), { text: 'so it is' });
  }
});

const VALUES: [code: string, details: Record<string, unknown>, text: string | RegExp][] = [
  ['FILE_EXISTS', { path: '/a/b' }, '/a/b gibt es schon'],
  ['PASSWORD_PAUSE', { vm: 'office', seconds: 30 }, /^Zu oft falsch: das nächste Mal erst in 30\s/],
  ['DISK_FULL', { needBytes: 3 << 20, freeBytes: 512 }, /3 MiB werden gebraucht, 512 B sind frei/],
  ['INSTALL_CONFIRM', { machines: ['office', 'lab'] }, /von office, lab geändert/],
  ['REIMAGE_CONFIRM', { machines: [{ vm: 'office' }] }, /in office geändert/],
  ['TRUST_FLOOR', { generation: 2, minGeneration: 4 }, /Generation 2; .* Generation 4$/],
];
for (const [code, details, text] of VALUES)
  test(`${code} is said in German with its values, and then needs no other words`, () => {
    const said = saidBy(GERMAN).failure({ code, reason: 'so it is', details });
    assert.match(said.text, typeof text === 'string' ? new RegExp(`^${text}$`) : text);
    assert.equal(said.words, undefined);
  });

test('a sentence whose values are missing, or of another kind, is said without them', () => {
  const without = { text: 'Was entstehen soll, gibt es schon', words: 'so it is' };
  for (const details of [{}, { path: 7n }, { path: null }, { path: [] }, { path: [null] }])
    assert.deepEqual(saidBy(GERMAN).failure({ code: 'FILE_EXISTS', reason: 'so it is', details }), without);
  const isInherited = saidBy(GERMAN).failure({ code: 'FILE_EXISTS', details: Object.create({ path: '/a' }) });
  assert.equal(isInherited.text, without.text);
});
