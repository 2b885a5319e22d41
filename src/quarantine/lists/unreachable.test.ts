import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listed } from '../../../test/fakes/quarantine.ts';
import { unreachableDoubts } from './unreachable.ts';

const ROWS: [entry: string, told: RegExp | undefined][] = [
  ['10.77.0.5', /10\.77\.0\.5.*own link.*unless its computer has a route/],
  ['10.213.4.0/24 tcp 443', /10\.213\.4\.0.*links to their computer/],
  ['fd77::9', /fd77::9.*own link/],
  ['169.254.169.254', /link-local addresses$/],
  ['10.77.1.5', undefined],
  ['10.0.0.0/8', undefined],
  ['updates.example', undefined],
];

for (const [entry, told] of ROWS) {
  test(`a list with ${entry} ${told ? 'is warned of' : 'is fine'}`, () => {
    const texts = unreachableDoubts({ type: 'static', mode: 'whitelist', normal: listed(entry) }).map(
      ({ text }) => text,
    );

    assert.equal(texts.length, told ? 1 : 0);
    if (told) assert.match(texts[0] ?? '', told);
  });
}

test('a blacklist may name it', () => {
  const normal = listed('10.77.0.5');

  assert.deepEqual(unreachableDoubts({ type: 'static', mode: 'blacklist', normal }), []);
});
