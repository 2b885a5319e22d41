import assert from 'node:assert/strict';
import { test } from 'node:test';
import { threeVersions, V1, V2, V3 } from '../../../test/fakes/quarantine.ts';
import { nextVersionName } from './next-version-name.ts';
import { lineOf, thresholdAt } from './threshold-line.ts';
import { adding, changing, isDrafted, NO_DRAFT, removing, withDraft } from './version-draft.ts';

const NOW = Date.UTC(2026, 10, 2);
const FOURTH = { name: 'fourth', descriptor: '0x00000004' };

test('a draft adds, renames, moves the threshold and removes, in that order', () => {
  const draft = removing(changing(adding(NO_DRAFT, FOURTH), V2, { name: '2', description: 'two' }), V1);
  const made = withDraft(threeVersions(), { ...draft, threshold: { at: FOURTH.descriptor } }, NOW);

  assert.deepEqual(
    made.versions.map(({ name, removed = false }) => [name, removed]),
    [
      ['first', true],
      ['2', false],
      ['third', false],
      ['fourth', false],
    ],
  );
  assert.deepEqual([made.threshold, made.thresholdBefore], ['fourth', '2']);
  assert.equal(made.thresholdAt, new Date(NOW).toISOString());
});

test('a draft that says nothing changes nothing', () => {
  assert.deepEqual(withDraft(threeVersions(), NO_DRAFT, NOW), threeVersions());
  assert.equal(isDrafted(NO_DRAFT), false);
});

test('a version that the draft itself has added leaves no mark when it is removed', () => {
  const draft = removing(
    changing(adding(NO_DRAFT, FOURTH), FOURTH.descriptor, { name: 'x', description: '' }),
    FOURTH.descriptor,
  );
  assert.equal(isDrafted(draft), false);
});

test('a draft of what another has removed meanwhile is refused', () => {
  const draft = changing(NO_DRAFT, '0x000000FF', { name: 'x', description: '' });
  assert.throws(() => withDraft(threeVersions(), draft, NOW), { code: 'VERSION_UNKNOWN' });
});

const LINES: [title: string, line: number, at: string][] = [
  ['above all versions', 0, 'above-all'],
  ['below the newest', 1, V3],
  ['in the middle', 2, V2],
  ['below all', 3, 'below-all'],
];
for (const [title, line, at] of LINES) {
  test(`a line ${title} is a threshold, and the threshold that line`, () => {
    const before = threeVersions();
    const threshold = thresholdAt(before.versions, line);
    assert.deepEqual(threshold, { at });
    assert.equal(lineOf(withDraft(before, { ...NO_DRAFT, threshold }, NOW)), line);
  });
}

const NAMES: [names: string[], next: string][] = [
  [[], '2026-11'],
  [['2026-10'], '2026-11'],
  [['2026-08'], '2026-11'],
  [['2026-12'], '2027-01'],
  [['2026-11', 'beta'], 'beta 2'],
  [['1.9'], '1.10'],
  [['build 007'], 'build 008'],
  [['v2', 'v1'], 'v3'],
];
for (const [names, next] of NAMES) {
  test(`behind ${names.join(', ') || 'nothing'} comes ${next}`, () => assert.equal(nextVersionName(names, NOW), next));
}
