import assert from 'node:assert/strict';
import { test } from 'node:test';
import { code } from '../../../test/fakes/made-computer.ts';
import { madeProject } from '../../../test/fakes/made-project.ts';
import { TakeSnapshotRequest } from '../../api/snapshots.ts';
import { takeSnapshot } from './snapshots.ts';

/** In words: nobody reads a pattern. */
const SEEN = 'needs 1 to 80 characters that can be seen, in one line';

test('a snapshot has a name that can be seen in a list, of an administrator’s and of a user’s', async (t) => {
  const { folder } = await madeProject(t);
  for (const name of ['', ' ', '\u3000\u00a0', 'a\nb', '\u202ea', 'x'.repeat(81)]) {
    await assert.rejects(takeSnapshot(folder, 'office', { name }), code('USAGE'), JSON.stringify(name));
    const { error } = TakeSnapshotRequest.safeParse({ name });
    assert.deepEqual(
      error?.issues.map(({ message }) => message),
      [SEEN],
      JSON.stringify(name),
    );
  }
  for (const name of ['--x', '../../x', 'before the game', 'é 😀'])
    assert.ok(TakeSnapshotRequest.safeParse({ name }).success, name);
});
