import assert from 'node:assert/strict';
import { test } from 'node:test';
import { threeVersions } from '../../../test/fakes/quarantine.ts';
import { WARNING_CODES, warningAbout } from '../../policy/reading/warning.ts';
import { narrowerDoubts } from '../../quarantine/lists/narrower.ts';
import { warningText } from './warnings.ts';

test('a warning is in German with what stands in it, and in English as it came', () => {
  const [doubt] = narrowerDoubts(threeVersions({ normal: { entries: ['10.9.0.0/16'] } }));
  const warning = warningAbout('office', doubt ?? assert.fail('no doubt'));
  assert.equal(
    warningText(warning, 'de'),
    'office: fehlt dem normalen Zugang, was der eingeschränkte hat: 10.0.0.5 tcp 80',
  );
  assert.equal(warningText(warning, 'en'), 'office: normal access lacks what restricted access has: 10.0.0.5 tcp 80');
});

test('every code is said in German', () => {
  const parts = {
    section: 'encryption',
    when: 'reinstall',
    version: '2',
    first: 'a',
    more: 1,
    entry: 'e',
    date: '2026-01-01',
    device: 'cd',
  };
  for (const code of WARNING_CODES) {
    const said = warningText({ code, vm: 'office', text: 'in English', parts }, 'de');
    assert.ok(said.startsWith('office: ') && !/undefined|English/.test(said), said);
  }
  const said = warningText({ code: 'change-holds', vm: 'office', text: '', parts }, 'de');
  assert.match(said, /^office: Verschlüsselung: die Änderung gilt für Maschinen, die von jetzt an/);
});
