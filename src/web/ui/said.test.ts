import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERRORS } from '../../lib/errors.ts';
import { whyOf } from '../../quarantine/why.ts';
import { REASONS_DE } from './reasons.de.ts';
import { REMEDIES_DE } from './remedies.de.ts';
import { saidIn } from './said.ts';

const NEXT = { name: '2026-12', descriptor: '0x00000001' };

test('every error code has its remedy in German, and no text is for a code that is gone', () => {
  assert.deepEqual(Object.keys(REMEDIES_DE).sort(), Object.keys(ERRORS).sort());
  for (const [code, { hint }] of Object.entries(ERRORS)) {
    const german = saidIn('de').remedy({ code, remedy: hint });
    assert.notEqual(german, hint, code);
    assert.ok(german.length > 10, code);
    assert.equal(saidIn('en').remedy({ code, remedy: hint }), hint);
  }
});

test('what a remedy tells to type is the same in German', () => {
  for (const [code, { hint }] of Object.entries(ERRORS))
    for (const [, program] of hint.matchAll(/`(lazaret(?:-manager|d)? [a-z-]+)/g))
      assert.ok(REMEDIES_DE[code as keyof typeof ERRORS].includes(program as string), `${code}: ${program}`);
});

test('every reason of an access has its sentence in German, with the version that is due and the moment', () => {
  for (const [code, text] of Object.entries(REASONS_DE))
    assert.notEqual(text({ code, next: 'x' }, 'y') ?? (code === 'plugin-void' && 'its own'), false, code);
  const grace = whyOf({ access: 'normal', reason: 'grace', newer: NEXT, until: Date.UTC(2026, 11, 24, 12) });
  assert.match(saidIn('de').reason(grace, 'in English'), /bis 24\.12\.2026.*; die nächste ist 2026-12$/);
  const outdated = whyOf({ access: 'restricted', reason: 'outdated', due: NEXT });
  assert.equal(saidIn('de').reason(outdated, 'in English'), 'ihre Version ist zu alt; die nächste ist 2026-12');
  assert.equal(saidIn('en').reason(outdated, 'in English'), 'in English');
});

test('what a page does not know is said in the process’s own words', () => {
  const said = saidIn('de');
  assert.equal(said.remedy({ code: 'OF_TOMORROW', remedy: 'Wait.' }), 'Wait.');
  assert.equal(said.remedy({ code: 'toString', remedy: 'Wait.' }), 'Wait.');
  assert.equal(said.reason({ code: 'constructor' }, 'so it is'), 'so it is');
  assert.equal(said.reason({ code: 'plugin-void' }, 'the plug-in was too slow'), 'the plug-in was too slow');
  assert.equal(said.reason(undefined, 'so it is'), 'so it is');
});
