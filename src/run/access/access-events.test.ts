import assert from 'node:assert/strict';
import { test } from 'node:test';
import { threeVersions } from '../../../test/fakes/quarantine.ts';
import type { Decision } from '../../quarantine/decide.ts';
import { noteChange } from './access-events.ts';
import type { Verdict } from './verdict.ts';

const UNSET: Decision = { access: 'restricted', reason: 'unset' };
const OFFLINE: Decision = { access: 'restricted', reason: 'offline' };
const VERSION: Decision = { access: 'normal', reason: 'version' };

/** What is told where one decision, and the zone it was made in, follows another. */
async function told(
  [before, now]: [Decision, Decision],
  zones: readonly (string | undefined)[] = [],
): Promise<string[]> {
  const texts: string[] = [];
  const verdicts = [before, now].map((decision, at) => ({ decision, zone: zones[at] })) as unknown as [
    Verdict,
    Verdict,
  ];
  await noteChange(async (kind, text) => void texts.push(`${kind} ${text}`), verdicts, threeVersions(), 1);
  return texts;
}

test('a change is told as what changed: the access, or the reason alone where that stays', async () => {
  assert.deepEqual(await told([VERSION, UNSET]), [
    'access normal → restricted: it has not reported a version yet',
    'message please update',
  ]);
  assert.deepEqual(await told([UNSET, OFFLINE]), [
    'access still restricted: the policy server has not been reached for too long',
  ]);
  assert.deepEqual(await told([UNSET, UNSET]), []);
  assert.deepEqual(await told([UNSET, UNSET], ['home', undefined]), ['zone zone home → none']);
});
