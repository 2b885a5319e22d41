import assert from 'node:assert/strict';
import { test } from 'node:test';
import { threeVersions, V1, V2, V3 } from '../../../test/fakes/quarantine.ts';
import { judge, newDescriptor, nqSetCommands } from './descriptor.ts';

const ROWS: [title: string, current: string | undefined, offered: string, preview: boolean, valid: boolean][] = [
  ['the next version is valid', V1, V2, false, true],
  ['the same again is valid', V2, V2, false, true],
  ['the same in small letters is valid', V2, V2.toLowerCase(), false, true],
  ['skipping one is refused', V1, V3, false, false],
  ['going back is refused', V3, V2, false, false],
  ['an unknown one is refused', V1, '0xDEADBEEF', false, false],
  ['words are refused', V1, 'second', false, false],
  ['the first version is the first to be reported', undefined, V1, false, true],
  ['no other is', undefined, V2, false, false],
  ['in preview any may be the first', undefined, V3, true, true],
  ['after that the order holds in preview too', V1, V3, true, false],
];

for (const [title, current, offered, preview, valid] of ROWS) {
  test(title, () => assert.equal(judge(threeVersions(), current, offered, preview).valid, valid));
}

test('a refusal names the version that is due and its command', () => {
  const judgement = judge(threeVersions(), V1, V3, false);

  assert.ok(!judgement.valid);
  assert.equal(judgement.due?.name, 'second');
  assert.match(judgement.reason, /not the next in order; next is second: apply its update, then run nq-set 0x7B4C2902/);
});

test('a version between that was removed does not stand in the way', () => {
  const [first, second, third] = threeVersions().versions;
  const quarantine = threeVersions({ versions: [first, { ...second, removed: true }, third], threshold: 'third' });

  assert.equal(judge(quarantine, V1, V3, false).valid, true);
  assert.equal(judge(quarantine, V1, V2, false).valid, false);
});

test('the descriptor that is saved is the policy’s, not the guest’s spelling of it', () => {
  const judgement = judge(threeVersions(), V1, V2.toLowerCase(), false);

  assert.equal(judgement.valid && judgement.descriptor, V2);
});

test('a machine without version-based quarantine takes none', () => {
  assert.equal(judge({ type: 'none' }, undefined, V1, false).valid, false);
});

test('a new descriptor has eight digits and is never one that is or was taken', () => {
  const draws = [1, 0x7b4c2902, 0xab];
  const descriptor = newDescriptor(threeVersions().versions, () => draws.shift() ?? 0);

  assert.equal(descriptor, '0x000000AB');
});

test('the commands are those of the ACE manual, p. 147', () => {
  assert.deepEqual(nqSetCommands({ name: 'second', descriptor: V2 }), {
    linux: '/usr/sbin/vmware-guestd --cmd "nq-set 0x7B4C2902"',
    windows: '"C:\\Program Files\\vmware\\vmware tools\\vmwareservice" -cmd "nq-set 0x7B4C2902"',
  });
});

test('a cumulative version may follow any earlier one, and none later', () => {
  const [first, second, third] = threeVersions().versions;
  const quarantine = threeVersions({ versions: [first, second, { ...third, cumulative: true }] });

  assert.equal(judge(quarantine, V1, V3, false).valid, true);
  assert.equal(judge(quarantine, undefined, V3, false).valid, true);
  assert.equal(judge(quarantine, V3, V2, false).valid, false);
  assert.equal(judge(quarantine, undefined, V2, false).valid, false);
});
