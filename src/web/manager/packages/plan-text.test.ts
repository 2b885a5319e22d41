import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whenText } from '../../../policy/reading/changes.ts';
import { POLICY_NAMES } from '../../../policy/table.ts';
import { WHENS } from '../../../policy/when.ts';
import { changeText, installedText, versionText } from './plan-text.ts';

const MACHINE = {
  vm: 'office',
  release: 1,
  exactBytes: 0,
  newBytes: 0,
  version: 'in English',
  forInstalled: 'in English',
};

test('what a plan says of each policy, at each moment, is said in German too', () => {
  for (const section of POLICY_NAMES)
    for (const when of WHENS)
      for (const withMachine of [false, true]) {
        const change = { section, when, withMachine, text: whenText(when) };
        const [english, german] = [changeText(change, 'en'), changeText(change, 'de')];
        assert.equal(english, `${section} ${whenText(when)}`);
        assert.match(german, /^\P{Ll}.*: gilt /u, german);
        assert.ok(!german.includes(whenText(when)) && !german.startsWith(`${section}:`), german);
      }
});

test('where VMware ACE said nothing, German readers are told so in German', () => {
  const changes = (['reinstall', 'with-machine'] as const).map((when) =>
    changeText({ section: 'quarantine', when, withMachine: false, text: 'x', ace: 'in English' }, 'de'),
  );
  for (const text of changes) assert.match(text, /\(VMware ACE: .*ohne Meldung.*\)$/);
});

test('what becomes of a machine, and its version, are said in German; a version’s own name stays', () => {
  for (const hasDataDisk of [false, true])
    assert.notEqual(installedText({ ...MACHINE, hasDataDisk, versionIs: 'set' }, 'de'), 'in English');
  const version = (versionIs: 'set' | 'none' | 'not-set', language: 'en' | 'de') =>
    versionText({ ...MACHINE, hasDataDisk: false, versionIs }, language);
  assert.equal(version('set', 'de'), 'in English');
  assert.match(version('none', 'de'), /^keine: /);
  assert.match(version('not-set', 'de'), /^nicht gesetzt: /);
  assert.equal(version('none', 'en'), 'in English');
});
