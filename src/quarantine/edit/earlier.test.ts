import assert from 'node:assert/strict';
import { test } from 'node:test';
import { threeVersions, V1, V2 } from '../../../test/fakes/quarantine.ts';
import { checkPolicy } from '../../policy/reading/check.ts';
import { MachinePolicy } from '../../policy/schema.ts';
import { liveVersions } from '../versions/versions.ts';
import { backTo } from './earlier.ts';

const EARLIER = threeVersions({
  versions: [
    { name: 'first', descriptor: V1 },
    { name: 'second', descriptor: V2 },
  ],
});

test('a version that was defined since stays as a mark when an earlier policy stands again', () => {
  const quarantine = backTo(EARLIER, threeVersions({ threshold: 'third' }));
  assert.ok(quarantine.type === 'version-based');
  assert.deepEqual(liveVersions(quarantine), liveVersions(EARLIER));
  assert.equal(quarantine.versions.length, 3);
  assert.equal(quarantine.threshold, 'second');
  assert.deepEqual(checkPolicy(MachinePolicy.parse({ format: 1, quarantine })), []);
});
